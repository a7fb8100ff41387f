// Original file: scheduler/v2/scheduler.proto


export interface DeletePersistentCacheTaskRequest {
  'hostId'?: (string);
  'taskId'?: (string);
}

export interface DeletePersistentCacheTaskRequest__Output {
  'hostId': (string);
  'taskId': (string);
}
