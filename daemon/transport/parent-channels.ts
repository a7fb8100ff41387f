/**
 * gRPC channels to other hosts' DfdaemonUpload services: one for each host, shared by all who ask it, kept a while for the next.
 * What is asked over them is others' business.
 */
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../base/clock.ts";
import { LimitError, UnavailableError } from "../../base/errors.ts";
import { PARENT_CHANNEL_IDLE_MS, PARENT_CHANNELS_MAX, PARENT_MESSAGE_BYTES_MAX } from "../../base/limits.ts";
import type { DfdaemonUploadClient } from "../../proto/gen/dfdaemon/v2/DfdaemonUpload.ts";
import { DfdaemonUpload } from "../../proto/local.ts";

/** Where a host's DfdaemonUpload service is. */
export interface UploadAddress {
  readonly ip: string;
  readonly uploadPort: number;
}

export interface ParentChannelsOptions {
  readonly clock: Clock;
  /** Default: connections in clear. */
  readonly credentials?: ChannelCredentials;
}

/** A channel for as long as somebody uses it. */
export interface LentChannel {
  readonly client: DfdaemonUploadClient;
  /** Idempotent. */
  release(): void;
}

interface Channel {
  readonly client: DfdaemonUploadClient;
  users: number;
  idle: Timer | undefined;
}

/** Closed by whoever made it. */
export class ParentChannels {
  readonly #clock: Clock;
  readonly #credentials: ChannelCredentials;
  readonly #channels = new Map<string, Channel>();
  #closed = false;

  constructor({ clock, credentials: given = credentials.createInsecure() }: ParentChannelsOptions) {
    this.#clock = clock;
    this.#credentials = given;
  }

  /** Channels open now, idle ones included. */
  get count(): number {
    return this.#channels.size;
  }

  /** @throws UnavailableError CLOSED; LimitError when PARENT_CHANNELS_MAX hosts are in use */
  use({ ip, uploadPort }: UploadAddress): LentChannel {
    if (this.#closed) throw new UnavailableError("the daemon is stopping", {}, "CLOSED");
    const address = ip.includes(":") ? `[${ip}]:${uploadPort}` : `${ip}:${uploadPort}`;
    const channel = this.#channels.get(address) ?? this.#open(address);
    channel.users += 1;
    channel.idle?.cancel();
    channel.idle = undefined;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      this.#release(address, channel);
    };
    return { client: channel.client, release };
  }

  /** Ends all calls. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const [address, channel] of this.#channels) this.#drop(address, channel);
  }

  #open(address: string): Channel {
    if (this.#channels.size >= PARENT_CHANNELS_MAX) this.#dropIdle();
    if (this.#channels.size >= PARENT_CHANNELS_MAX)
      throw new LimitError(`more than ${PARENT_CHANNELS_MAX} hosts are listened to at once`);
    const client = new DfdaemonUpload(address, this.#credentials, {
      "grpc.max_receive_message_length": PARENT_MESSAGE_BYTES_MAX,
      // A proxy for the web is none for the neighbours.
      "grpc.enable_http_proxy": 0,
      // A pool of its own: closing the channel closes its connection at once.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_retries": 0,
    });
    const channel: Channel = { client, users: 0, idle: undefined };
    this.#channels.set(address, channel);
    return channel;
  }

  #release(address: string, channel: Channel): void {
    channel.users -= 1;
    if (channel.users > 0 || this.#closed) return;
    channel.idle = this.#clock.schedule(PARENT_CHANNEL_IDLE_MS, () => this.#drop(address, channel));
  }

  #dropIdle(): void {
    const [idle] = [...this.#channels].filter(([, { users }]) => users === 0);
    if (idle !== undefined) this.#drop(...idle);
  }

  #drop(address: string, channel: Channel): void {
    channel.idle?.cancel();
    if (this.#channels.get(address) === channel) this.#channels.delete(address);
    channel.client.close();
  }
}
