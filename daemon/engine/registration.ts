/** What the scheduler is told of a download when it begins. Pure. */
import type { PeerRegistration } from "../scheduler/scheduler.ts";
import type { TaskRecord } from "../task/task-record.ts";
import type { TaskRequest } from "./open-task.ts";

export function registrationOf(
  record: TaskRecord,
  request: TaskRequest,
  peer: { readonly peerId: string; readonly pieceCount: number },
): PeerRegistration {
  const { id: taskId, url, tag, application, contentLength, pieceLength, etag, lastModified } = record;
  const { filteredQueryParams, contentForCalculatingTaskId, needBackToSource, disableBackToSource } = request;
  return {
    ...peer,
    taskId,
    url,
    tag,
    application,
    contentLength,
    pieceLength,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(filteredQueryParams === undefined ? {} : { filteredQueryParams }),
    ...(contentForCalculatingTaskId === undefined ? {} : { contentForCalculatingTaskId }),
    ...(needBackToSource ? { needBackToSource } : {}),
    ...(disableBackToSource ? { disableBackToSource } : {}),
    ...(needsCredentials(request) ? { needsCredentials: true } : {}),
  };
}

/** What is sent to the source may say who we are: nobody else is to be sent there in our place. */
function needsCredentials({ headers, objectStorage }: TaskRequest): boolean {
  return Object.keys(headers).length > 0 || (objectStorage !== undefined && !objectStorage.anonymous);
}
