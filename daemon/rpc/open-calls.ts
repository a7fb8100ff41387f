/**
 * How many gRPC calls of this process are open, streams among them, by what grpc-js counts of its own channels and servers
 * (channelz). Nothing has to be told of a call for it to be counted, and nobody waits for the count.
 */
import { getChannelzHandlers } from "@grpc/grpc-js";

export interface OpenCalls {
  /** That were made by this process, over channels that are not closed. */
  readonly asClient: number;
  /** That are served. */
  readonly asServer: number;
}

/** Calls begun and ended over one channel, or at one server; counts of 64 bits are text. */
interface CallCounts {
  readonly data?: {
    readonly calls_started?: number | string;
    readonly calls_succeeded?: number | string;
    readonly calls_failed?: number | string;
  } | null;
}

/** One question of the channelz service, which answers at once. */
type Question<Answer> = (
  call: { readonly request: Readonly<Record<string, number>> },
  answered: (error: unknown, answer: Answer) => void,
) => void;

/** More channels and servers than a daemon can have. */
const ENTRIES_MAX = 1_000_000;

const channelz = getChannelzHandlers() as unknown as {
  readonly GetTopChannels: Question<{ readonly channel: readonly CallCounts[] }>;
  readonly GetServers: Question<{ readonly server: readonly CallCounts[] }>;
};

export function openCalls(): OpenCalls {
  let channels: readonly CallCounts[] = [];
  let servers: readonly CallCounts[] = [];
  channelz.GetTopChannels(
    { request: { start_channel_id: 0, max_results: ENTRIES_MAX } },
    (_error, { channel }) => {
      channels = channel;
    },
  );
  channelz.GetServers({ request: { start_server_id: 0, max_results: ENTRIES_MAX } }, (_error, { server }) => {
    servers = server;
  });
  return { asClient: open(channels), asServer: open(servers) };
}

function open(entries: readonly CallCounts[]): number {
  let count = 0;
  for (const { data } of entries)
    count +=
      Number(data?.calls_started ?? 0) - Number(data?.calls_succeeded ?? 0) - Number(data?.calls_failed ?? 0);
  return count;
}
