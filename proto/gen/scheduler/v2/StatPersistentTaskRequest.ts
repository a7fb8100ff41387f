// Original file: scheduler/v2/scheduler.proto


export interface StatPersistentTaskRequest {
  'hostId'?: (string);
  'taskId'?: (string);
}

export interface StatPersistentTaskRequest__Output {
  'hostId': (string);
  'taskId': (string);
}
