/** Hosts, downloads and swarms in memory, for tests of the embedded scheduler's decisions. */
import { FakeClock } from "../../../../base/clock.ts";
import { Conversation } from "../../../../daemon/scheduler/embedded/conversation.ts";
import { Downloads, type DownloadsOptions } from "../../../../daemon/scheduler/embedded/downloads.ts";
import type { KnownPeer } from "../../../../daemon/scheduler/embedded/known.ts";
import { Swarm } from "../../../../daemon/scheduler/embedded/swarm.ts";
import type { Download__Output } from "../../../../proto/gen/common/v2/Download.ts";
import type { Host__Output } from "../../../../proto/gen/common/v2/Host.ts";
import type { AnnouncePeerRequest__Output } from "../../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import { Scheduler } from "../../../../proto/load.ts";

const MIB = 1024 * 1024;
const { AnnouncePeer, AnnounceHost } = Scheduler.service;

export const TASK = "a".repeat(64);

/** A host's announcement as it comes off the wire. */
export function hostMessage(id: string, more: object = {}): Host__Output {
  const host = {
    id,
    hostname: id,
    ip: "10.0.0.1",
    port: 4000,
    downloadPort: 4000,
    network: { maxTxBandwidth: 10e9, maxRxBandwidth: 10e9, txBandwidth: 0 },
    ...more,
  };
  const read = AnnounceHost.requestDeserialize(AnnounceHost.requestSerialize({ host })).host;
  if (!read) throw new RangeError("no host");
  return read;
}

/** A message of a conversation as it comes off the wire. */
export function message(
  ids: { readonly hostId: string; readonly peerId: string; readonly taskId?: string },
  request: object,
): AnnouncePeerRequest__Output {
  return AnnouncePeer.requestDeserialize(
    AnnouncePeer.requestSerialize({ taskId: TASK, ...ids, ...request } as never),
  );
}

export function registering(
  ids: { readonly hostId: string; readonly peerId: string; readonly taskId?: string },
  more: object = {},
): AnnouncePeerRequest__Output {
  return message(ids, { registerPeerRequest: { download: downloadOf(more) } });
}

export function downloadOf(more: object = {}): object {
  return {
    url: "http://origin/file",
    priority: "LEVEL6",
    concurrentPieceCount: 8,
    actualPieceLength: 4 * MIB,
    actualContentLength: 40 * MIB,
    actualPieceCount: 10,
    ...more,
  };
}

export interface SwarmHarness {
  readonly clock: FakeClock;
  readonly swarm: Swarm;
  readonly downloads: Downloads;
  readonly conversation: () => Conversation;
  /** A peer that registers and is looked at. */
  readonly register: (hostId: string, peerId: string, more?: object) => KnownPeer;
  /** A peer that holds everything. */
  readonly holder: (hostId: string, peerId: string) => KnownPeer;
}

/** @param random in [0, 1); default: always the middle */
export function harness(options: Partial<DownloadsOptions> = {}): SwarmHarness {
  const clock = new FakeClock();
  const random = options.random ?? (() => 0.5);
  const nowMs = () => clock.nowMs();
  const swarm = new Swarm({ nowMs, ...options });
  const downloads = new Downloads({ nowMs, hasSeed: () => false, ...options, swarm, random });
  const register = (hostId: string, peerId: string, more: object = {}) => {
    if (!swarm.hosts.has(hostId)) swarm.announceHost(hostMessage(hostId), 300_000);
    const { registerPeerRequest } = registering({ hostId, peerId }, more);
    const download = registerPeerRequest?.download as Download__Output;
    return downloads.register({ hostId, taskId: TASK, peerId }, download).peer;
  };
  return {
    clock,
    swarm,
    downloads,
    register,
    conversation: () => new Conversation({ downloads, random, nowMs: () => clock.monotonicMs() }),
    holder: (hostId, peerId) => {
      const peer = register(hostId, peerId, { metadataOnly: true });
      downloads.started(peer);
      downloads.finished(peer);
      return peer;
    },
  };
}
