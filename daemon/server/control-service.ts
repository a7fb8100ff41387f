/** p2pfs.v1.Control: mounts, links, status and the daemon's end, for p2pfs' own commands. */
import { InvalidInputError, NotFoundError } from "../../base/errors.ts";
import { STATUS_TASKS_MAX } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import { VERSION } from "../../base/version.ts";
import type { ClusterStatus } from "../../proto/gen/p2pfs/v1/ClusterStatus.ts";
import type { LinkRequest__Output } from "../../proto/gen/p2pfs/v1/LinkRequest.ts";
import type { MembershipStatus } from "../../proto/gen/p2pfs/v1/MembershipStatus.ts";
import type { MountRequest__Output } from "../../proto/gen/p2pfs/v1/MountRequest.ts";
import type { OpenContentResponse } from "../../proto/gen/p2pfs/v1/OpenContentResponse.ts";
import type { StatusResponse } from "../../proto/gen/p2pfs/v1/StatusResponse.ts";
import type { TaskStatus } from "../../proto/gen/p2pfs/v1/TaskStatus.ts";
import { formatDigest, parseDigest } from "../task/digest.ts";
import { pieceCount } from "../task/piece-length.ts";
import type { TaskRecord } from "../task/task-record.ts";
import type { Send } from "./calls.ts";
import { taskState, timestamp } from "./messages.ts";
import type { MembershipFacts, MountOptions, ServiceContext } from "./ports.ts";

const BINDINGS = ["auto", "native", "fuse-native"] as const;

/** @throws InvalidInputError */
export function mountOptions(request: MountRequest__Output): MountOptions {
  const { directory, allowOther, readOnly, uid, gid, umask, ownerPid } = request;
  const binding = BINDINGS.find((name) => name === (request.binding || "auto"));
  if (binding === undefined) throw new InvalidInputError(`there is no binding ${request.binding}`);
  if (!directory.startsWith("/") || directory.includes("\0"))
    throw new InvalidInputError("a mountpoint is an absolute path");
  if (umask !== undefined && umask > 0o777) throw new InvalidInputError("a umask has nine bits");
  return {
    directory,
    allowOther,
    readOnly,
    binding,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(umask === undefined ? {} : { umask }),
    ...(ownerPid === undefined ? {} : { ownerPid }),
  };
}

/** @throws InvalidInputError, ALREADY_EXISTS */
export async function link(context: ServiceContext, request: LinkRequest__Output): Promise<{ name: string }> {
  const { url, name, header, digest } = request;
  if (!URL.canParse(url)) throw new InvalidInputError("the link's URL is not an absolute URL");
  const made = await context.links.link({
    url,
    headers: header,
    ...(name ? { name } : {}),
    ...(digest ? { digest: formatDigest(parseDigest(digest)) } : {}),
  });
  return { name: made };
}

/** The newest tasks first, of all at most `STATUS_TASKS_MAX`. */
export async function status(context: ServiceContext): Promise<StatusResponse> {
  const { facts, engine, mounts } = context;
  const usage = await facts.usage();
  const newest = [...engine.records()].sort((a, b) => b.updatedAtMs - a.updatedAtMs);
  return {
    version: VERSION,
    pid: facts.pid,
    startedAt: timestamp(facts.startedAtMs),
    workhome: facts.workhome,
    configDigest: facts.configDigest,
    mounts: mounts.list().map(({ directory, binding, readOnly }) => ({ directory, binding, readOnly })),
    storage: {
      directory: facts.storageDir,
      usedBytes: usage.usedBytes,
      availableBytes: usage.availableBytes,
      totalBytes: usage.totalBytes,
      cacheBytes: usage.cacheBytes,
      cacheThresholdBytes: facts.cacheThresholdBytes,
      seededBytes: usage.seededBytes,
      pinnedBytes: usage.pinnedBytes,
    },
    cluster: await clusterStatus(context),
    taskCount: newest.length,
    tasks: newest.slice(0, STATUS_TASKS_MAX).map((record) => taskStatus(context, record)),
  };
}

async function clusterStatus({ cluster }: ServiceContext): Promise<ClusterStatus> {
  const { hostId, source, failure, schedulers } = cluster.state();
  const membership = await cluster.membership();
  return {
    hostId,
    source,
    failure,
    schedulers: schedulers.map((each) => ({ ...each })),
    ...(membership === undefined ? {} : { membership: membershipStatus(membership) }),
  };
}

function membershipStatus(facts: MembershipFacts): MembershipStatus {
  const { state, certificateUntilMs, authorityUntilMs, failure, memberCount, members, removed } = facts;
  const { clusterName, memberId, roles, isIssuer, issuer } = state;
  return {
    clusterName,
    memberId,
    roles: [...roles],
    isIssuer,
    issuer,
    certificateUntil: timestamp(certificateUntilMs),
    authorityUntil: timestamp(authorityUntilMs),
    failure,
    memberCount,
    members: members.map((each) => ({
      hostname: each.hostname,
      ip: each.ip,
      roles: [...each.roles],
      seenAt: timestamp(each.seenAtMs),
      isIssuer: each.isIssuer,
      memberId: each.memberId,
      ...(each.certificateUntilMs === undefined
        ? {}
        : { certificateUntil: timestamp(each.certificateUntilMs) }),
    })),
    removed: removed.map(({ hostname, ip, memberId, removedAtMs, left }) => ({
      hostname,
      ip,
      memberId,
      removedAt: timestamp(removedAtMs),
      left,
    })),
    refusedCount: facts.refusedCount,
  };
}

function taskStatus(context: ServiceContext, record: TaskRecord): TaskStatus {
  return {
    taskId: record.id,
    url: loggableUrl(record.url),
    contentLength: record.contentLength,
    pieceCount: pieceCount(record),
    finishedPieceCount: context.engine.progress(record.id)?.finished ?? 0,
    state: taskState(record),
    bytesFromSource: record.bytesFromSource,
    bytesFromPeers: record.bytesFromPeers,
  };
}

/** Keeps the task's bytes until the signal aborts: somebody reads them by himself. @throws NotFoundError */
export async function openContent(
  context: ServiceContext,
  taskId: string,
  send: Send<OpenContentResponse>,
  signal: AbortSignal,
): Promise<void> {
  if (context.engine.record(taskId) === undefined) throw new NotFoundError(`no task ${taskId} is known here`);
  const task = await context.engine.openKnown(taskId);
  try {
    task.keepWhole();
    await send({ path: task.contentPath, contentLength: task.record.contentLength });
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    await task.close();
  }
}
