// Original file: scheduler/v2/scheduler.proto


export interface DeletePersistentTaskRequest {
  'hostId'?: (string);
  'taskId'?: (string);
}

export interface DeletePersistentTaskRequest__Output {
  'hostId': (string);
  'taskId': (string);
}
