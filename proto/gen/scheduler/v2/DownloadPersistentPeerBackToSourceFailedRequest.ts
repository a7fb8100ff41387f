// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentPeerBackToSourceFailedRequest {
  'description'?: (string);
  '_description'?: "description";
}

export interface DownloadPersistentPeerBackToSourceFailedRequest__Output {
  'description'?: (string);
  '_description'?: "description";
}
