/** Parents' loads over dfdaemon.v2 SyncHost: one stream for each host that is watched, opened again after a rest when it breaks. */
import type { ClientReadableStream } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../base/clock.ts";
import { PARENT_ANSWER_MS, PARENT_LOAD_REST_MS } from "../../base/limits.ts";
import type { Host__Output } from "../../proto/gen/common/v2/Host.ts";
import type { LentChannel, ParentChannels, UploadAddress } from "./parent-channels.ts";
import type { LoadWatch, ParentLoads } from "./parent-loads.ts";
import { takeBack } from "./stream-failure.ts";

export interface SyncHostOptions {
  /** Closed by their owner, after this. */
  readonly channels: ParentChannels;
  readonly clock: Clock;
  /** This host's, for the parent's log. */
  readonly hostId: string;
  /** Dragonfly's peers make one up for each stream. */
  readonly newPeerId: () => string;
}

export class SyncHostLoads implements ParentLoads {
  readonly #options: SyncHostOptions;
  readonly #hosts = new Map<string, WatchedHost>();
  #closed = false;

  constructor(options: SyncHostOptions) {
    this.#options = options;
  }

  /** Hosts that are watched now. */
  get count(): number {
    return this.#hosts.size;
  }

  watch(address: UploadAddress): LoadWatch {
    const key = `${address.ip} ${address.uploadPort}`;
    if (this.#closed) return { freeRate: () => undefined, close: () => {} };
    const host = this.#hosts.get(key) ?? new WatchedHost(this.#options, address);
    this.#hosts.set(key, host);
    host.users += 1;
    let closed = false;
    return {
      freeRate: () => host.freeRate,
      close: () => {
        if (closed) return;
        closed = true;
        host.users -= 1;
        if (host.users > 0) return;
        host.close();
        if (this.#hosts.get(key) === host) this.#hosts.delete(key);
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const host of this.#hosts.values()) host.close();
    this.#hosts.clear();
  }
}

class WatchedHost {
  users = 0;
  freeRate: number | undefined;
  readonly #options: SyncHostOptions;
  readonly #address: UploadAddress;
  #call: ClientReadableStream<Host__Output> | undefined;
  #channel: LentChannel | undefined;
  /** Of the next figure, or of the next attempt. */
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: SyncHostOptions, address: UploadAddress) {
    this.#options = options;
    this.#address = address;
    this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#end();
  }

  #open(): void {
    const { channels, hostId, newPeerId } = this.#options;
    try {
      this.#channel = channels.use(this.#address);
    } catch {
      // Too many hosts at once: this one is not known better than before.
      this.#rest();
      return;
    }
    const call = this.#channel.client.syncHost({ hostId, peerId: newPeerId() });
    this.#call = call;
    this.#expect();
    call.on("data", ({ network }: Host__Output) => {
      if (this.#call !== call) return;
      this.#expect();
      this.freeRate = freeRateOf(network?.maxTxBandwidth ?? 0, network?.txBandwidth ?? 0);
    });
    const over = () => {
      if (this.#call === call) this.#rest();
    };
    call.on("error", over);
    call.on("end", over);
  }

  #expect(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(PARENT_ANSWER_MS, () => this.#rest());
  }

  #rest(): void {
    this.#end();
    if (!this.#closed) this.#timer = this.#options.clock.schedule(PARENT_LOAD_REST_MS, () => this.#open());
  }

  #end(): void {
    this.freeRate = undefined;
    this.#timer?.cancel();
    const call = this.#call;
    this.#call = undefined;
    takeBack(call);
    this.#channel?.release();
    this.#channel = undefined;
  }
}

/** As Dragonfly's peers reckon: never less than a tenth, so that a busy parent is not forgotten. */
function freeRateOf(max: number, used: number): number | undefined {
  return max > 0 ? Math.max(max - used, max / 10) : undefined;
}
