/** Stat, list and delete of tasks, as Dragonfly's daemons answer them on the Unix socket. Downloads are elsewhere. */
import { deadlineSignal } from "../../base/deadline.ts";
import { InvalidInputError, LimitError, NotFoundError } from "../../base/errors.ts";
import { LIST_ENTRIES_MAX, LIST_MS_DEFAULT, LIST_MS_MAX } from "../../base/limits.ts";
import { loggableUrl } from "../../base/logger.ts";
import type { Task } from "../../proto/gen/common/v2/Task.ts";
import type { ListLocalTasksResponse } from "../../proto/gen/dfdaemon/v2/ListLocalTasksResponse.ts";
import type { ListTaskEntriesRequest__Output } from "../../proto/gen/dfdaemon/v2/ListTaskEntriesRequest.ts";
import type { ListTaskEntriesResponse } from "../../proto/gen/dfdaemon/v2/ListTaskEntriesResponse.ts";
import type { StatLocalTaskResponse } from "../../proto/gen/dfdaemon/v2/StatLocalTaskResponse.ts";
import type { Asker, SourceRequest } from "../source/source.ts";
import { isTaskId } from "../task/ids.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { storageOptions, toPem } from "./download-request.ts";
import { localTask, schedulerTask } from "./messages.ts";
import { withoutSecrets } from "./network-download.ts";
import type { ServiceContext } from "./ports.ts";

/**
 * As the cluster knows the task; where there is none, or it knows nothing of it, as this host does.
 * @throws NotFoundError, InvalidInputError
 */
export async function statTask(context: ServiceContext, taskId: string): Promise<Task> {
  if (!isTaskId(taskId)) throw new InvalidInputError("a task id is 64 lower-case hexadecimal digits");
  const task = await context.cluster.statTask(taskId);
  // Headers are those of whoever registered it, and may hold his secrets.
  if (task !== undefined) return { ...task, url: loggableUrl(task.url ?? ""), requestHeader: {} };
  const record = known(context, taskId, "task not found");
  return schedulerTask(record, loggableUrl(record.url));
}

/** @throws NotFoundError, InvalidInputError */
export function statLocalTask(context: ServiceContext, taskId: string): StatLocalTaskResponse {
  return localTask(known(context, taskId, "local task not found"));
}

export function listLocalTasks(context: ServiceContext): ListLocalTasksResponse {
  return { tasks: [...context.engine.records()].map(localTask) };
}

/** @throws NotFoundError, InvalidInputError */
export async function deleteTask(context: ServiceContext, taskId: string): Promise<void> {
  known(context, taskId, "task not found");
  await context.engine.delete(taskId);
  await context.cluster.taskDeleted(taskId);
}

function known(context: ServiceContext, taskId: string, absent: string): TaskRecord {
  if (!isTaskId(taskId)) throw new InvalidInputError("a task id is 64 lower-case hexadecimal digits");
  const record = context.engine.record(taskId);
  if (record === undefined) throw new NotFoundError(`${absent}: ${taskId}`);
  return record;
}

/**
 * What the source holds at a URL, and below it when it is a directory: the whole tree, flattened, as dfget wants it.
 * @param asker whoever calls over TCP reaches less, and only with credentials of his own
 */
export async function listTaskEntries(
  context: ServiceContext,
  asked: ListTaskEntriesRequest__Output,
  parent: AbortSignal,
  asker: Asker = "local",
): Promise<ListTaskEntriesResponse> {
  if (!URL.canParse(asked.url)) throw new InvalidInputError("the URL is not an absolute URL");
  const timeout = asked.timeout;
  const ms = timeout ? timeout.seconds * 1000 + timeout.nanos / 1e6 : LIST_MS_DEFAULT;
  const deadline = deadlineSignal(
    context.clock,
    "the listing",
    Math.min(Math.max(ms, 1), LIST_MS_MAX),
    parent,
  );
  try {
    const request = sourceRequest(context, asked, asker);
    const source = context.sourceOf(asked.url);
    const stat = await source.stat(request, deadline.signal);
    const answer = {
      contentLength: stat.length ?? 0,
      responseHeader: { ...stat.responseHeaders },
      statusCode: stat.statusCode,
    };
    if (stat.kind === "file") return { ...answer, entries: [] };
    const entries: ListTaskEntriesResponse["entries"] = [];
    for await (const page of source.list({ ...request, recursive: true }, deadline.signal)) {
      for (const entry of page)
        entries.push({
          url: entry.url,
          contentLength: entry.length ?? 0,
          isDir: entry.kind === "directory",
        });
      if (entries.length > LIST_ENTRIES_MAX)
        throw new LimitError(`more than ${LIST_ENTRIES_MAX} entries are below ${loggableUrl(asked.url)}`);
    }
    return { ...answer, entries };
  } finally {
    deadline.close();
  }
}

function sourceRequest(
  context: ServiceContext,
  asked: ListTaskEntriesRequest__Output,
  asker: Asker,
): SourceRequest {
  const configured = asker === "network" ? withoutSecrets(asked.url) : context.requestFor(asked.url);
  const certificates = [...(configured.certificateChain ?? []), ...asked.certificateChain.map(toPem)];
  const storage = asked.objectStorage
    ? storageOptions(asked.objectStorage, configured.objectStorage)
    : configured.objectStorage;
  return {
    url: asked.url,
    asker,
    headers: { ...configured.headers, ...asked.requestHeader },
    ...(certificates.length > 0 ? { certificateChain: certificates } : {}),
    ...(storage === undefined ? {} : { objectStorage: storage }),
  };
}
