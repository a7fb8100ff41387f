/** What the scheduler knows in Dragonfly's messages, as its own scheduler words them. Pure. */
import type { Host, Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import type { Peer } from "../../../proto/gen/common/v2/Peer.ts";
import type { SizeScope } from "../../../proto/gen/common/v2/SizeScope.ts";
import type { Task } from "../../../proto/gen/common/v2/Task.ts";
import { wireDuration, wireTimestamp } from "../../rpc/wire-time.ts";
import type { KnownPeer, KnownTask, TaskDescription } from "./known.ts";

/** Longest content that is "tiny", bytes. */
const TINY_BYTES_MAX = 128;

/** A candidate parent, or an answer to StatPeer: without pieces, which are not kept. */
export function peerMessage(peer: KnownPeer): Peer {
  return {
    id: peer.id,
    priority: peer.priority,
    cost: wireDuration(peer.costMs),
    state: peer.state,
    needBackToSource: peer.needBackToSource,
    createdAt: wireTimestamp(peer.createdAtMs),
    updatedAt: wireTimestamp(peer.updatedAtMs),
    task: taskMessage(peer.task),
    host: hostOfPeer(peer.host.message),
    ...(peer.range === undefined ? {} : { range: peer.range }),
    ...(peer.concurrentPieceCount === undefined ? {} : { concurrentPieceCount: peer.concurrentPieceCount }),
  };
}

/** A task as a candidate's; StatTask says more. */
export function taskMessage(task: KnownTask): Task {
  const { id, description, state, contentLength, pieceCount, peers } = task;
  const { type, url, digest, tag = "", application = "", filteredQueryParams, requestHeader } = description;
  return {
    id,
    type,
    url,
    tag,
    application,
    filteredQueryParams,
    requestHeader,
    contentLength: Math.max(0, contentLength),
    pieceCount: Math.max(0, pieceCount),
    sizeScope: sizeScope(task),
    state,
    peerCount: peers.size,
    createdAt: wireTimestamp(task.createdAtMs),
    updatedAt: wireTimestamp(task.updatedAtMs),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** "Not known yet": Dragonfly's scheduler has a number for it that the peers' messages have no name for. */
const SIZE_UNKNOWN = 4 as unknown as SizeScope;

/** How big a task counts as. */
function sizeScope({ contentLength, pieceCount }: KnownTask): SizeScope {
  if (contentLength < 0 || pieceCount < 0) return SIZE_UNKNOWN;
  if (contentLength === 0) return "EMPTY";
  if (contentLength <= TINY_BYTES_MAX) return "TINY";
  return pieceCount === 1 ? "SMALL" : "NORMAL";
}

/** Headers that may let somebody in where others are kept out: told to nobody but the seed peer that needs them. */
const SECRET_HEADER = /auth|cookie|token|secret|key|sign|credential|passw/i;

/** What is kept and told of a task. */
export function withoutSecrets(description: TaskDescription): TaskDescription {
  const { type, url, digest, tag, application, filteredQueryParams, requestHeader } = description;
  const shown = Object.entries(requestHeader).filter(([name]) => !SECRET_HEADER.test(name));
  return {
    type,
    url,
    filteredQueryParams: [...filteredQueryParams],
    requestHeader: Object.fromEntries(shown),
    ...(digest === undefined ? {} : { digest }),
    ...(tag === undefined ? {} : { tag }),
    ...(application === undefined ? {} : { application }),
  };
}

/** A parent's host: Dragonfly's scheduler leaves names and clusters out, and sends what it was not told as empty. */
function hostOfPeer(host: Host__Output): Host {
  const { name: _name, schedulerClusterId: _cluster, cpu, memory, network, disk, build, ...rest } = host;
  const { cgroup: _cpuGroup, ...cpuFigures } = cpu ?? {};
  const { cgroup: _memoryGroup, ...memoryFigures } = memory ?? {};
  const { cgroup: _diskGroup, ...diskFigures } = disk ?? {};
  return {
    ...(rest as Host),
    cpu: { ...cpuFigures, times: cpu?.times ?? {} },
    memory: memoryFigures,
    network: {
      ...network,
      idc: network?.idc ?? "",
      location: network?.location ?? "",
      rxBandwidth: network?.rxBandwidth ?? 0,
      txBandwidth: network?.txBandwidth ?? 0,
    },
    disk: diskFigures,
    build: {
      gitVersion: build?.gitVersion ?? "",
      gitCommit: build?.gitCommit ?? "",
      goVersion: build?.goVersion ?? "",
      platform: build?.platform ?? "",
    },
  };
}
