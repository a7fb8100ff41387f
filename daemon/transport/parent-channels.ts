/**
 * gRPC channels to other hosts' services for hosts: one for each host, shared by all who ask it, kept a while for the next.
 * What is asked over them is others' business.
 */
import { type ChannelCredentials, connectivityState, credentials } from "@grpc/grpc-js";
import type { Clock, Timer } from "../../base/clock.ts";
import { LimitError, UnavailableError } from "../../base/errors.ts";
import { PARENT_CHANNEL_IDLE_MS, PARENT_CHANNELS_MAX, PARENT_MESSAGE_BYTES_MAX } from "../../base/limits.ts";
import type { DfdaemonUploadClient } from "../../proto/gen/dfdaemon/v2/DfdaemonUpload.ts";
import type { PiecesClient } from "../../proto/gen/p2pfs/v1/Pieces.ts";
import { DfdaemonUpload, Pieces } from "../../proto/load.ts";
import { serverNameOptions } from "../tls/server-name.ts";

/** Where a host's DfdaemonUpload service is. */
export interface UploadAddress {
  readonly ip: string;
  readonly uploadPort: number;
}

export interface ParentChannelsOptions {
  readonly clock: Clock;
  /** Default: connections in clear. */
  readonly credentials?: ChannelCredentials;
  /** Longest message that is taken; default PARENT_MESSAGE_BYTES_MAX. */
  readonly messageBytesMax?: number;
}

/** A channel for as long as somebody uses it. */
export interface LentChannel {
  readonly client: DfdaemonUploadClient;
  /** p2pfs' own service, where the host has it. */
  readonly pieces: PiecesClient;
  /** Begins to connect, without a call. */
  connect(): void;
  /** Calls back once, when there is a connection: at once where there is one. */
  whenConnected(then: () => void): { cancel(): void };
  /** Idempotent. */
  release(): void;
}

/** RFC 9113 §6.9.2: what a connection begins with. */
const HTTP2_WINDOW_BYTES = 65_535;

interface Channel {
  readonly client: DfdaemonUploadClient;
  readonly pieces: PiecesClient;
  users: number;
  idle: Timer | undefined;
}

/** Closed by whoever made it. */
export class ParentChannels {
  readonly #clock: Clock;
  readonly #credentials: ChannelCredentials;
  readonly #messageBytesMax: number;
  readonly #channels = new Map<string, Channel>();
  #closed = false;

  constructor({
    clock,
    credentials: given = credentials.createInsecure(),
    messageBytesMax = PARENT_MESSAGE_BYTES_MAX,
  }: ParentChannelsOptions) {
    this.#clock = clock;
    this.#credentials = given;
    this.#messageBytesMax = messageBytesMax;
  }

  /** Channels open now, idle ones included. */
  get count(): number {
    return this.#channels.size;
  }

  /** @throws UnavailableError CLOSED; LimitError when PARENT_CHANNELS_MAX hosts are in use */
  use({ ip, uploadPort }: UploadAddress): LentChannel {
    if (this.#closed) throw new UnavailableError("the daemon is stopping", {}, "CLOSED");
    const address = ip.includes(":") ? `[${ip}]:${uploadPort}` : `${ip}:${uploadPort}`;
    const channel = this.#channels.get(address) ?? this.#open(address, ip);
    channel.users += 1;
    channel.idle?.cancel();
    channel.idle = undefined;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      this.#release(address, channel);
    };
    const { client, pieces } = channel;
    const stateOf = (connect: boolean) => client.getChannel().getConnectivityState(connect);
    return {
      client,
      pieces,
      connect: () => void stateOf(true),
      whenConnected(then) {
        let cancelled = false;
        const look = (failed?: Error): void => {
          if (cancelled || failed !== undefined) return;
          const state = stateOf(true);
          if (state === connectivityState.READY) then();
          else if (state !== connectivityState.SHUTDOWN)
            client.getChannel().watchConnectivityState(state, Number.POSITIVE_INFINITY, look);
        };
        look();
        return {
          cancel: () => {
            cancelled = true;
          },
        };
      },
      release,
    };
  }

  /** Ends all calls. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const [address, channel] of this.#channels) this.#drop(address, channel);
  }

  #open(address: string, ip: string): Channel {
    if (this.#channels.size >= PARENT_CHANNELS_MAX) this.#dropIdle();
    if (this.#channels.size >= PARENT_CHANNELS_MAX)
      throw new LimitError(`more than ${PARENT_CHANNELS_MAX} hosts are listened to at once`);
    const client = new DfdaemonUpload(address, this.#credentials, {
      "grpc.max_receive_message_length": this.#messageBytesMax,
      // A message comes in one go, whatever the way there and back takes.
      "grpc-node.flow_control_window": Math.max(HTTP2_WINDOW_BYTES, this.#messageBytesMax),
      // A proxy for the web is none for the neighbours.
      "grpc.enable_http_proxy": 0,
      // A pool of its own: closing the channel closes its connection at once.
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_retries": 0,
      ...serverNameOptions(ip),
    });
    const pieces = new Pieces(address, this.#credentials, { channelOverride: client.getChannel() });
    const channel: Channel = { client, pieces, users: 0, idle: undefined };
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
