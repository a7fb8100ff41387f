// Original file: scheduler/v2/scheduler.proto


export interface DeleteCacheTaskRequest {
  'hostId'?: (string);
  'taskId'?: (string);
}

export interface DeleteCacheTaskRequest__Output {
  'hostId': (string);
  'taskId': (string);
}
