/** What a record must hold before files are made from it. */
import { InvalidInputError } from "../../base/errors.ts";
import { BLOCK_BYTES, CONTENT_BYTES_MAX, TASK_ID_BYTES_MAX } from "../../base/limits.ts";
import type { TaskRecord } from "../task/task-record.ts";

/** Letters, digits, `-` and `_`: an id is a file name, a part of a key, and has a folder of its first three characters. */
const ID_PATTERN = /^[0-9A-Za-z_-]{3,}$/;

/** Whether the text can be a task's id. */
export function isTaskId(id: string): boolean {
  return id.length <= TASK_ID_BYTES_MAX && ID_PATTERN.test(id);
}

/** @throws InvalidInputError when the id cannot be a file name or the lengths are none */
export function checkRecord(record: TaskRecord): void {
  const { id, contentLength, pieceLength } = record;
  if (!isTaskId(id))
    throw new InvalidInputError(
      `a task id has 3 to ${TASK_ID_BYTES_MAX} letters, digits, hyphens and underscores`,
    );
  if (!Number.isSafeInteger(contentLength) || contentLength < 0 || contentLength > CONTENT_BYTES_MAX)
    throw new InvalidInputError(`a content length is 0 to ${CONTENT_BYTES_MAX} bytes, not ${contentLength}`);
  if (!Number.isSafeInteger(pieceLength) || pieceLength <= 0 || pieceLength % BLOCK_BYTES !== 0)
    throw new InvalidInputError(`a piece length is whole blocks of ${BLOCK_BYTES} bytes, not ${pieceLength}`);
}
