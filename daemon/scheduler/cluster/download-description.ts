/**
 * How a task is described to Dragonfly's scheduler (common.v2.Download): so that every host that is given the description
 * makes the same task id of it, and so that no secret leaves with it. Pure.
 */
import type { Download } from "../../../proto/gen/common/v2/Download.ts";
import { standardTaskId, versionedContent } from "../../task/ids.ts";
import { DEFAULT_FILTERED_QUERY_PARAMS } from "../../task/task-url.ts";
import type { PeerRegistration } from "../scheduler.ts";

/** The part of a description that enters the task's id. */
type IdParts = Pick<Download, "filteredQueryParams" | "pieceLength" | "contentForCalculatingTaskId">;

/**
 * Dragonfly's "whoever asks first goes to the source himself" (dragonflyoss/dragonfly, Priority_LEVEL3), and what dfget asks
 * with. With the first no seed peer is sent to a source that would refuse it, which would also keep the
 * scheduler from using that seed peer for half an hour.
 */
const PRIORITY_WITHOUT_SEED = 3;
const PRIORITY_DEFAULT = 6;
const PRIORITIES = ["LEVEL0", "LEVEL1", "LEVEL2", "LEVEL3", "LEVEL4", "LEVEL5", "LEVEL6"] as const;

/**
 * @param options.concurrentPieceCount download.concurrentPieceCount
 * @param options.metadataOnly the host has the content and wants nothing
 */
export function describeDownload(
  registration: PeerRegistration,
  options: {
    readonly concurrentPieceCount: number;
    readonly metadataOnly: boolean;
    readonly needBackToSource: boolean;
  },
): Download {
  const { contentLength, pieceLength, pieceCount, range } = registration;
  const { priority = PRIORITY_DEFAULT } = registration;
  const parts = idParts(registration);
  return {
    ...baseOf(registration, parts),
    priority: PRIORITIES[mayBeFetched(registration, parts) ? priority : PRIORITY_WITHOUT_SEED] ?? "LEVEL6",
    ...(range === undefined ? {} : { range }),
    ...(registration.disableBackToSource ? { disableBackToSource: true } : {}),
    concurrentPieceCount: options.concurrentPieceCount,
    actualPieceLength: pieceLength,
    actualContentLength: contentLength,
    actualPieceCount: pieceCount,
    metadataOnly: options.metadataOnly,
    needBackToSource: options.needBackToSource,
  };
}

/** The task as any other host may fetch it of its source; undefined when others could not, or would have to know a secret. */
export function describeForAnybody(registration: PeerRegistration): Download | undefined {
  const parts = idParts(registration);
  return mayBeFetched(registration, parts) ? baseOf(registration, parts) : undefined;
}

function baseOf(
  { url, tag, application }: PeerRegistration,
  parts: IdParts | undefined,
): Omit<Download, "priority"> {
  return { ...parts, url: withoutSecrets(url), type: "STANDARD", tag, application };
}

function mayBeFetched({ url, needsCredentials }: PeerRegistration, parts: IdParts | undefined): boolean {
  return parts !== undefined && withoutSecrets(url) === url && !needsCredentials && /^https?:/i.test(url);
}

/** Whatever of the request makes exactly this id; undefined when nothing that is known does. */
function idParts(registration: PeerRegistration): IdParts | undefined {
  const { taskId, url, tag, application, pieceLength, etag, lastModified, contentLength } = registration;
  const { filteredQueryParams = DEFAULT_FILTERED_QUERY_PARAMS, contentForCalculatingTaskId } = registration;
  const filters = [...filteredQueryParams];
  const version = { etag, lastModified, length: contentLength };
  const plain = { filteredQueryParams: filters };
  const candidates: (IdParts | undefined)[] = [plain, { ...plain, pieceLength }];
  if (contentForCalculatingTaskId !== undefined)
    candidates.unshift({ ...plain, contentForCalculatingTaskId });
  for (const withPieceLength of [undefined, pieceLength]) {
    const task = { url, tag, application, filteredQueryParams, contentForCalculatingTaskId };
    const content = attempt(() => versionedContent({ ...task, pieceLength: withPieceLength }, version));
    candidates.push(content === undefined ? undefined : { ...plain, contentForCalculatingTaskId: content });
  }
  return candidates.find(
    (parts) =>
      parts !== undefined &&
      attempt(() => standardTaskId({ url, tag, application, ...asTask(parts) })) === taskId,
  );
}

function asTask(parts: IdParts) {
  return {
    filteredQueryParams: parts.filteredQueryParams as readonly string[],
    pieceLength: parts.pieceLength as number | undefined,
    contentForCalculatingTaskId: parts.contentForCalculatingTaskId,
  };
}

/** What a URL that is none makes is no candidate. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    // The URL cannot be parsed: it names no task but by its content.
    return undefined;
  }
}

/** What signs a URL. containerd's "ns" is left out of ids for another reason. */
const SIGNING_PARAMS: ReadonlySet<string> = new Set(
  DEFAULT_FILTERED_QUERY_PARAMS.filter((name) => name !== "ns"),
);

/** The URL without user and password, and without what signs it. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  const secret = parsed.username !== "" || parsed.password !== "";
  const signed = [...parsed.searchParams.keys()].filter((key) => SIGNING_PARAMS.has(key));
  if (!secret && signed.length === 0) return url;
  parsed.username = "";
  parsed.password = "";
  for (const key of signed) parsed.searchParams.delete(key);
  return parsed.href;
}
