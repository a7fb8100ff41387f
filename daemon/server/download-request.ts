/**
 * What a common.v2.Download asks for, in our words: checked once, here, before anything is opened. Pure.
 */
import { isAbsolute } from "node:path";
import { InvalidInputError } from "../../base/errors.ts";
import { DOWNLOAD_MS_DEFAULT, DOWNLOAD_MS_MAX } from "../../base/limits.ts";
import type { Download__Output } from "../../proto/gen/common/v2/Download.ts";
import type { ObjectStorage__Output } from "../../proto/gen/common/v2/ObjectStorage.ts";
import type { Duration__Output } from "../../proto/gen/google/protobuf/Duration.ts";
import type { Priority, TaskRequest } from "../engine/open-task.ts";
import type { ObjectStorageOptions, SourceRequest } from "../source/source.ts";
import { formatDigest, parseDigest } from "../task/digest.ts";
import { type ByteRange, parseRangeHeader } from "../task/range.ts";
import type { ServiceContext } from "./ports.ts";

/** Where a client wants the daemon itself to write the content. */
export interface OutputRequest {
  readonly path: string;
  readonly overwrite: boolean;
  readonly forceHardLink: boolean;
}

export interface DownloadPlan {
  readonly task: TaskRequest;
  /** The range for a content of this many bytes; undefined: the whole. @throws InvalidInputError */
  readonly rangeIn: (contentLength: number) => ByteRange | undefined;
  /** "algorithm:hex" of the whole content: a mismatch fails this request alone. */
  readonly digest: string | undefined;
  readonly output: OutputRequest | undefined;
  readonly needPieceContent: boolean;
  /** The rest of the task is to be fetched behind the range. */
  readonly prefetch: boolean;
  readonly priority: Priority;
  readonly timeoutMs: number;
}

/**
 * @param requestFor what the configuration adds for a URL
 * @throws InvalidInputError
 */
export function planDownload(
  download: Download__Output | null | undefined,
  requestFor: (url: string) => SourceRequest,
): DownloadPlan {
  if (download === null || download === undefined)
    throw new InvalidInputError("the request names no download");
  if (!URL.canParse(download.url)) throw new InvalidInputError("the download's URL is not an absolute URL");
  if (download.type !== "STANDARD")
    throw new InvalidInputError(`this call downloads standard tasks, not ${download.type}`);
  const rangeHeader = headerValue(download.requestHeader, "range");
  return {
    task: taskRequest(download, requestFor(download.url)),
    rangeIn: (contentLength) => rangeOf(download, rangeHeader, contentLength),
    digest: download.digest ? formatDigest(parseDigest(download.digest)) : undefined,
    output: outputRequest(download),
    needPieceContent: download.needPieceContent,
    prefetch: download.prefetch && !download.isPrefetch,
    priority: download.isPrefetch ? "warm" : "copy",
    timeoutMs: timeoutMs(download.timeout),
  };
}

/** `planDownload` for programs of this host, whose downloads the cluster may forbid. @throws PermissionError then */
export function planAllowedDownload({ cluster }: Pick<ServiceContext, "cluster">): typeof planDownload {
  return (download, requestFor) => {
    const plan = planDownload(download, requestFor);
    if (download) {
      const { url, tag = "", application = "", priority } = download;
      cluster.refuseBlocked({ url, tag, application, priority: Number(priority.slice("LEVEL".length)) });
    }
    return plan;
  };
}

function taskRequest(download: Download__Output, configured: SourceRequest): TaskRequest {
  const { tag, application, pieceLength, contentForCalculatingTaskId } = download;
  const certificates = [...(configured.certificateChain ?? []), ...download.certificateChain.map(toPem)];
  const objectStorage = download.objectStorage
    ? storageOptions(download.objectStorage, configured.objectStorage)
    : configured.objectStorage;
  return {
    url: download.url,
    headers: { ...configured.headers, ...withoutHeader(download.requestHeader, "range") },
    filteredQueryParams: download.filteredQueryParams,
    enableTaskIdBasedBlobDigest: download.enableTaskIdBasedBlobDigest,
    disableBackToSource: download.disableBackToSource,
    ...(tag ? { tag } : {}),
    ...(application ? { application } : {}),
    ...(pieceLength ? { pieceLength } : {}),
    ...(contentForCalculatingTaskId ? { contentForCalculatingTaskId } : {}),
    ...(certificates.length > 0 ? { certificateChain: certificates } : {}),
    ...(objectStorage === undefined ? {} : { objectStorage }),
  };
}

/** The request's credentials win as a whole; place and manner are filled from the configuration. */
export function storageOptions(
  asked: ObjectStorage__Output,
  configured: ObjectStorageOptions | undefined,
): ObjectStorageOptions {
  const { region, endpoint, accessKeyId, accessKeySecret, insecureSkipVerify } = asked;
  const securityToken = asked.securityToken || asked.sessionToken;
  const credentials =
    accessKeyId || accessKeySecret
      ? {
          ...(accessKeyId ? { accessKeyID: accessKeyId } : {}),
          ...(accessKeySecret ? { accessKeySecret } : {}),
          ...(securityToken ? { securityToken } : {}),
        }
      : undefined;
  const { accessKeyID: _id, accessKeySecret: _secret, securityToken: _token, ...manner } = configured ?? {};
  return {
    ...(credentials === undefined ? configured : { ...manner, anonymous: false }),
    ...credentials,
    ...(region ? { region } : {}),
    ...(endpoint ? { endpoint } : {}),
    ...(insecureSkipVerify ? { insecureSkipVerify } : {}),
  };
}

function rangeOf(
  download: Download__Output,
  header: string | undefined,
  contentLength: number,
): ByteRange | undefined {
  if (download.range) {
    const { start, length } = download.range;
    if (length === 0) throw new InvalidInputError("a range of no bytes cannot be downloaded");
    if (start >= contentLength) throw unsatisfiable(contentLength);
    return { offset: start, length: Math.min(length, contentLength - start) };
  }
  return header === undefined ? undefined : parseRangeHeader(header, contentLength);
}

function unsatisfiable(contentLength: number): InvalidInputError {
  const message = `the range begins past the content's ${contentLength} bytes`;
  return new InvalidInputError(message, {}, "RANGE_NOT_SATISFIABLE");
}

function outputRequest(download: Download__Output): OutputRequest | undefined {
  if (!download.outputPath) return undefined;
  if (!isAbsolute(download.outputPath) || download.outputPath.includes("\0"))
    throw new InvalidInputError("an output path is absolute");
  return {
    path: download.outputPath,
    overwrite: download.overwrite,
    forceHardLink: download.forceHardLink,
  };
}

function timeoutMs(timeout: Duration__Output | null | undefined): number {
  if (timeout === null || timeout === undefined) return DOWNLOAD_MS_DEFAULT;
  const ms = timeout.seconds * 1000 + timeout.nanos / 1e6;
  if (!(ms > 0)) throw new InvalidInputError("a timeout is longer than no time at all");
  return Math.min(ms, DOWNLOAD_MS_MAX);
}

/** Dragonfly sends certificates as DER; a client that sends PEM is understood too. */
export function toPem(certificate: Uint8Array): string {
  const bytes = Buffer.from(certificate.buffer, certificate.byteOffset, certificate.byteLength);
  if (bytes.subarray(0, 64).includes("-----BEGIN")) return bytes.toString("latin1");
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function headerValue(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

function withoutHeader(headers: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== name));
}
