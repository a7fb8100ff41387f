// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentPeerBackToSourceStartedRequest {
  'description'?: (string);
  '_description'?: "description";
}

export interface DownloadPersistentPeerBackToSourceStartedRequest__Output {
  'description'?: (string);
  '_description'?: "description";
}
