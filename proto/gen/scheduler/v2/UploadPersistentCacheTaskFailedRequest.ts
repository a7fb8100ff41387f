// Original file: scheduler/v2/scheduler.proto


export interface UploadPersistentCacheTaskFailedRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'description'?: (string);
  '_description'?: "description";
}

export interface UploadPersistentCacheTaskFailedRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'description'?: (string);
  '_description'?: "description";
}
