// Original file: scheduler/v2/scheduler.proto


export interface StatPersistentCacheTaskRequest {
  'hostId'?: (string);
  'taskId'?: (string);
}

export interface StatPersistentCacheTaskRequest__Output {
  'hostId': (string);
  'taskId': (string);
}
