// Original file: scheduler/v2/scheduler.proto


/**
 * There is nothing to fetch: the task has no bytes.
 */
export interface EmptyTaskResponse {
}

/**
 * There is nothing to fetch: the task has no bytes.
 */
export interface EmptyTaskResponse__Output {
}
