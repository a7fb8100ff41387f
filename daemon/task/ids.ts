/**
 * Ids of tasks, pieces, hosts and peers, made exactly as Dragonfly makes them (dragonflyoss/client, id_generator), so
 * that dfget, the proxy, Rust peers and the mount meet in one swarm per content. Pure: whoever needs a random part
 * hands it in.
 */
import { createHash, type Hash } from "node:crypto";
import { InvalidInputError } from "../../base/errors.ts";
import { blobSha256, normalizedUrl } from "./task-url.ts";

declare const brand: unique symbol;

/** 64 lower-case hex digits, mostly a SHA-256. Storage keys, vortex and the hash ring rely on the length. */
export type TaskId = string & { readonly [brand]: "TaskId" };
/** Names a machine: `IP-HOSTNAME`, with `-seed` for a seed peer. */
export type HostId = string & { readonly [brand]: "HostId" };
/** Names one download on one machine: `IP-HOSTNAME-UUID`, with `-seed` for a seed peer. */
export type PeerId = string & { readonly [brand]: "PeerId" };
/** Names one piece of one task: `TASK_ID-NUMBER`, the number in decimal, from 0. */
export type PieceId = string & { readonly [brand]: "PieceId" };

/** What of a download enters the id of its standard task (fields of common.v2.Download). Range and digest never do. */
export interface StandardTask {
  /** Absolute. */
  readonly url: string;
  /** Absent and empty are the same. */
  readonly tag?: string | undefined;
  /** Absent and empty are the same. */
  readonly application?: string | undefined;
  /** Bytes; only when the request itself names one, never one that was computed. */
  readonly pieceLength?: number | undefined;
  /** Of a model hub's repository. */
  readonly revision?: string | undefined;
  /** Names of query parameters that do not count; default dfget's list. An empty list: all count. */
  readonly filteredQueryParams?: readonly string[] | undefined;
  /** Replaces everything else. */
  readonly contentForCalculatingTaskId?: string | undefined;
  /** Takes the id from the digest in an OCI blob's URL; without effect on other URLs. Default false. */
  readonly enableTaskIdBasedBlobDigest?: boolean | undefined;
}

/** The kinds' names as common.v2.TaskType spells them; they keep equal inputs of two kinds apart. */
const KIND_NAMES = {
  standard: "STANDARD",
  persistent: "PERSISTENT",
  persistentCache: "PERSISTENT_CACHE",
} as const;

/** @throws InvalidInputError when the text is not 64 lower-case hex digits */
export function parseTaskId(text: string): TaskId {
  if (!isTaskId(text)) throw new InvalidInputError("a task id is 64 lower-case hexadecimal digits");
  return text;
}

/** Whether the text could be a task's id; says nothing about whether there is such a task. */
export function isTaskId(text: string): text is TaskId {
  return /^[0-9a-f]{64}$/.test(text);
}

/**
 * The id of a standard task.
 * @throws InvalidInputError when the URL is needed and is no absolute URL
 */
export function standardTaskId(task: StandardTask): TaskId {
  if (task.contentForCalculatingTaskId !== undefined) return contentTaskId(task.contentForCalculatingTaskId);
  if (task.enableTaskIdBasedBlobDigest) {
    const sha256 = blobSha256(task.url);
    if (sha256 !== undefined) return parseTaskId(sha256);
  }
  return contentTaskId(standardContent(task) + KIND_NAMES.standard);
}

/** What tells one version of the content at an origin from the next (RFC 9110 §8.8), each exactly as sent. */
export interface ContentVersion {
  /** With its quotes. A weak one, `W/…`, does not promise equal bytes and is passed over. */
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  /** Bytes. */
  readonly length?: number | undefined;
}

/**
 * The `contentForCalculatingTaskId` of a version that differs from the one the standard id already names in the swarm:
 * the normalised URL, "@", and the strong ETag, or else Last-Modified and length with an "@" between them. Every p2pfs
 * host derives the same. What else a request puts into the standard id stands before the "@" too, so that requests with
 * different piece lengths or tags stay apart.
 * @returns undefined when nothing names the version
 * @throws InvalidInputError as `standardTaskId`
 */
export function versionedContent(task: StandardTask, version: ContentVersion): string | undefined {
  const token = versionToken(version);
  if (token === undefined) return undefined;
  return `${task.contentForCalculatingTaskId ?? standardContent(task)}@${token}`;
}

/**
 * The id of a persistent task, whose lasting copy is in an object store. The URL counts as it is written.
 * @throws InvalidInputError when one of the three is empty
 */
export function persistentTaskId(task: { url: string; region: string; endpoint: string }): TaskId {
  for (const [name, value] of Object.entries(task))
    if (value === "") throw new InvalidInputError(`a persistent task needs a ${name}`);
  return contentTaskId(task.url + task.region + task.endpoint + KIND_NAMES.persistent);
}

/** What besides its bytes enters the id of a persistent cache task that is made from a file. */
export interface PersistentCacheTask {
  /** Absent and empty are the same. */
  readonly tag?: string | undefined;
  /** Absent and empty are the same. */
  readonly application?: string | undefined;
  /** Bytes; only when the request itself names one. */
  readonly pieceLength?: number | undefined;
}

/** The id of a persistent cache task whose request carries `content_for_calculating_task_id`: that text. */
export function persistentCacheTaskId(content: string): TaskId {
  return contentTaskId(content);
}

/**
 * The id of a persistent cache task that is made from a file.
 * @param hash SHA-256 that has seen all of the file's bytes; it is not changed
 */
export function persistentCacheTaskIdFromHash(hash: Hash, task: PersistentCacheTask = {}): TaskId {
  const rest = `${task.tag ?? ""}${task.application ?? ""}${task.pieceLength ?? ""}${KIND_NAMES.persistentCache}`;
  return parseTaskId(hash.copy().update(rest).digest("hex"));
}

/**
 * The same from the file's bytes.
 * @throws what `bytes` throws
 */
export async function persistentCacheTaskIdFromBytes(
  bytes: AsyncIterable<Uint8Array>,
  task: PersistentCacheTask = {},
): Promise<TaskId> {
  const hash = createHash("sha256");
  for await (const chunk of bytes) hash.update(chunk);
  return persistentCacheTaskIdFromHash(hash, task);
}

/** The number is trusted to belong to the task. */
export function pieceId(task: TaskId, number: number): PieceId {
  return `${task}-${number}` as PieceId;
}

/** Whom the ids of a machine name. */
export interface HostIdentity {
  /** Advertised address. */
  readonly ip: string;
  readonly hostname: string;
  readonly isSeedPeer: boolean;
}

/** Stable for as long as address, host name and role are. */
export function hostId(host: HostIdentity): HostId {
  return `${host.ip}-${host.hostname}${host.isSeedPeer ? "-seed" : ""}` as HostId;
}

/** @param uuid fresh for every download, version 4 */
export function peerId(host: HostIdentity, uuid: string): PeerId {
  return `${host.ip}-${host.hostname}-${uuid}${host.isSeedPeer ? "-seed" : ""}` as PeerId;
}

function contentTaskId(content: string): TaskId {
  return parseTaskId(createHash("sha256").update(content).digest("hex"));
}

/** The plain concatenation, without separators, that the standard id hashes, less the name of the kind. */
function standardContent(task: StandardTask): string {
  const { tag = "", application = "", revision = "", pieceLength = "" } = task;
  return `${normalizedUrl(task.url, task.filteredQueryParams)}${tag}${application}${revision}${pieceLength}`;
}

function versionToken({ etag, lastModified, length }: ContentVersion): string | undefined {
  if (etag !== undefined && !/^W\//i.test(etag)) return etag;
  return lastModified === undefined || length === undefined ? undefined : `${lastModified}@${length}`;
}
