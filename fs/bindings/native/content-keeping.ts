/**
 * What each open handle asks of its content, so that no byte goes while the kernel or the channel's threads may read it:
 * that it stay whole (passthrough), or that the channel's reads be waited for. Ends with the handle.
 */
import type { KernelChannel } from "../../../native/linux/kernel-channel.ts";
import type { OpenContent } from "../../content-source.ts";

interface Kept {
  readonly end: () => void;
  /** Read by the channel's threads without our being told of each read, because all was here. */
  unobserved: OpenContent | undefined;
}

export class ContentKeeping {
  readonly #handles = new Map<number, Kept>();
  readonly #drain: () => Promise<void>;

  constructor(channel: Pick<KernelChannel, "drainReads" | "close">) {
    this.#drain = async () => {
      // A channel that has ended still sends what it has: until its threads are gone.
      if ((await channel.drainReads()) !== 0) await channel.close();
    };
  }

  /** The kernel reads the content file itself. @param end lets it lose pieces again */
  whole(handle: number, end: () => void): void {
    this.#set(handle, { end, unobserved: undefined });
  }

  /** The channel's threads read the content by its bits. */
  lent(handle: number, content: OpenContent): void {
    const unobserved = content.complete ? content : undefined;
    this.#set(handle, { end: content.addDrain(this.#drain), unobserved });
  }

  /** Whether we are told of each read of the handle. */
  observe(handle: number, observed: boolean): void {
    const kept = this.#handles.get(handle);
    if (kept !== undefined && observed) kept.unobserved = undefined;
  }

  /** The content of a handle whose reads we are not told of. */
  unobserved(handle: number): OpenContent | undefined {
    return this.#handles.get(handle)?.unobserved;
  }

  /** The handle was released. Unknown ones are ignored. */
  end(handle: number): void {
    this.#handles.get(handle)?.end();
    this.#handles.delete(handle);
  }

  #set(handle: number, kept: Kept): void {
    this.end(handle);
    this.#handles.set(handle, kept);
  }
}
