// Original file: scheduler/v2/scheduler.proto


export interface StatTaskRequest {
  'hostId'?: (string);
  'taskId'?: (string);
}

export interface StatTaskRequest__Output {
  'hostId': (string);
  'taskId': (string);
}
