// Original file: scheduler/v2/scheduler.proto


export interface StatCacheTaskRequest {
  'hostId'?: (string);
  'taskId'?: (string);
}

export interface StatCacheTaskRequest__Output {
  'hostId': (string);
  'taskId': (string);
}
