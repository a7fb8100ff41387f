// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentPeerFailedRequest {
  'description'?: (string);
  '_description'?: "description";
}

export interface DownloadPersistentPeerFailedRequest__Output {
  'description'?: (string);
  '_description'?: "description";
}
