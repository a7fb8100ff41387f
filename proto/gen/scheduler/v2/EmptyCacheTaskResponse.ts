// Original file: scheduler/v2/scheduler.proto


export interface EmptyCacheTaskResponse {
}

export interface EmptyCacheTaskResponse__Output {
}
