/**
 * By whose certificate each host was announced to a scheduler, so that it can be forgotten with the host that is removed from the
 * cluster. In memory alone: whoever is known from before announces itself again.
 */
import { SWARM_HOSTS_MAX } from "../../base/limits.ts";

export class AnnouncedBy {
  /** The certificate's name, by the host's id; the longest unheard first. */
  readonly #names = new Map<string, string>();

  /** The host was announced. @param name undefined: without a certificate */
  heard(hostId: string, name: string | undefined): void {
    this.#names.delete(hostId);
    if (name === undefined) return;
    this.#names.set(hostId, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > SWARM_HOSTS_MAX && oldest !== undefined) this.#names.delete(oldest);
  }

  /** Ids of hosts that were announced by names for which this holds; they are forgotten here. */
  take(isMeant: (name: string) => boolean): readonly string[] {
    const taken = [...this.#names].filter(([, name]) => isMeant(name)).map(([hostId]) => hostId);
    for (const hostId of taken) this.#names.delete(hostId);
    return taken;
  }
}
