/**
 * Which task a request means at an origin that answers so: pure. Old bytes and new bytes never share an id.
 */
import type { SourceStat } from "../source/source.ts";
import { type ContentVersion, type StandardTask, standardTaskId, versionedContent } from "../task/ids.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { isOneVersion } from "../task/version.ts";
import type { TaskRequest } from "./open-task.ts";

/** What of a request enters its ids. */
function standardTask(request: TaskRequest): StandardTask {
  return {
    url: request.url,
    tag: request.tag,
    application: request.application,
    pieceLength: request.pieceLength,
    filteredQueryParams: request.filteredQueryParams,
    contentForCalculatingTaskId: request.contentForCalculatingTaskId,
    enableTaskIdBasedBlobDigest: request.enableTaskIdBasedBlobDigest,
  };
}

/** Dragonfly's id of the request, whatever the version. */
export function baseTaskId(request: TaskRequest): string {
  return standardTaskId(standardTask(request));
}

/** Whether the origin's answer is of the version the record was made from. */
export function isSameVersion(record: TaskRecord, stat: SourceStat): boolean {
  const { etag, lastModified } = stat.validator;
  return isOneVersion(
    { etag: record.etag, lastModified: record.lastModified, length: record.contentLength },
    { etag, lastModified, length: stat.length },
  );
}

/**
 * The id for the version the origin has now: Dragonfly's own, unless the task of that id here holds another version.
 * @param known looks a task up by id
 */
export function taskIdFor(
  request: TaskRequest,
  stat: SourceStat,
  known: (id: string) => TaskRecord | undefined,
): string {
  const base = baseTaskId(request);
  const record = known(base);
  if (record === undefined || isSameVersion(record, stat)) return base;
  const version: ContentVersion = { ...stat.validator, length: stat.length ?? stat.validator.length };
  const content = versionedContent(standardTask(request), version);
  return content === undefined
    ? base
    : standardTaskId({ url: request.url, contentForCalculatingTaskId: content });
}
