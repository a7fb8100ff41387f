// Original file: scheduler/v2/scheduler.proto


export interface UploadPersistentTaskFailedRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'description'?: (string);
  '_description'?: "description";
}

export interface UploadPersistentTaskFailedRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'description'?: (string);
  '_description'?: "description";
}
