// Original file: scheduler/v2/scheduler.proto


export interface EmptyPersistentCacheTaskResponse {
}

export interface EmptyPersistentCacheTaskResponse__Output {
}
