// Original file: scheduler/v2/scheduler.proto


export interface DownloadCachePeerBackToSourceFailedRequest {
  'description'?: (string);
  '_description'?: "description";
}

export interface DownloadCachePeerBackToSourceFailedRequest__Output {
  'description'?: (string);
  '_description'?: "description";
}
