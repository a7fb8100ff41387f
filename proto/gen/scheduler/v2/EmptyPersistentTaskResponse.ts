// Original file: scheduler/v2/scheduler.proto


export interface EmptyPersistentTaskResponse {
}

export interface EmptyPersistentTaskResponse__Output {
}
