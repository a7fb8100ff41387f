/**
 * What another host may ask of us over TCP: the rules that are stricter than those of the Unix socket. Nothing is written at a
 * path of this host, the address guard is the stricter one, and content is handed out only to whom the origin gives it. Pure.
 */
import { InvalidInputError, PermissionError } from "../../base/errors.ts";
import { WIRE_ENTRIES_MAX, WIRE_NAME_MAX, WIRE_URL_MAX } from "../../base/limits.ts";
import type { Download__Output } from "../../proto/gen/common/v2/Download.ts";
import type { SourceRequest } from "../source/source.ts";
import { type DownloadPlan, planDownload } from "./download-request.ts";

/** Only what belongs to the URL itself: neither headers nor credentials of the configuration. */
export function withoutSecrets(url: string): SourceRequest {
  return { url, headers: {} };
}

/**
 * The plan of a download that another host asks for: a scheduler that makes a seed fetch, a manager's preheating, a peer.
 * @throws InvalidInputError, PermissionError
 */
export function planNetworkDownload(
  download: Download__Output | null | undefined,
  requestFor: (url: string) => SourceRequest,
): DownloadPlan {
  if (download === null || download === undefined) throw new InvalidInputError("missing download");
  checkDownload(download);
  if (download.outputPath)
    throw new PermissionError(
      "over TCP nothing is written at a path of this host; leave the output path out",
    );
  if (download.needPieceContent && download.disableBackToSource)
    throw new PermissionError("over TCP content is given only to whom its origin gives it");
  // Whoever wants the bytes shows his own credentials. A seed that only fetches may use those it was configured with.
  const configured = download.needPieceContent ? withoutSecrets : requestFor;
  // A scheduler hands on the link that its first peer wanted; without a path there is nothing to link.
  const asked = { ...download, forceHardLink: false, overwrite: false };
  const plan = planDownload(asked, configured);
  const sentFor = download.needBackToSource ? { needBackToSource: true } : {};
  return { ...plan, task: { ...plan.task, ...sentFor, asker: "network" } };
}

/** Bounds what the message may hold, whatever is done with it. @throws InvalidInputError */
function checkDownload(download: Download__Output): void {
  checkUrl(download.url);
  const lists = {
    "request headers": Object.keys(download.requestHeader),
    certificates: download.certificateChain,
    "filtered query parameters": download.filteredQueryParams,
  };
  for (const [what, { length }] of Object.entries(lists))
    if (length > WIRE_ENTRIES_MAX)
      throw new InvalidInputError(`a download has at most ${WIRE_ENTRIES_MAX} ${what}`);
  for (const [what, text] of Object.entries({ tag: download.tag, application: download.application }))
    if (text) checkName(what, text);
}

/** @throws InvalidInputError */
export function checkUrl(url: string): void {
  if (url.length > WIRE_URL_MAX || !URL.canParse(url))
    throw new InvalidInputError(`a URL is absolute and has at most ${WIRE_URL_MAX} characters`);
}

/** @param what as in "a tag" @throws InvalidInputError */
export function checkName(what: string, text: string): void {
  if (text.length > WIRE_NAME_MAX)
    throw new InvalidInputError(`a ${what} has at most ${WIRE_NAME_MAX} characters`);
}
