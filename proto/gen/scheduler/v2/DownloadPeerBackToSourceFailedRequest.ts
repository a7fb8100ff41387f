// Original file: scheduler/v2/scheduler.proto


export interface DownloadPeerBackToSourceFailedRequest {
  'description'?: (string);
  '_description'?: "description";
}

export interface DownloadPeerBackToSourceFailedRequest__Output {
  'description'?: (string);
  '_description'?: "description";
}
