// Original file: scheduler/v2/scheduler.proto


export interface DownloadCachePeerBackToSourceStartedRequest {
  'description'?: (string);
  '_description'?: "description";
}

export interface DownloadCachePeerBackToSourceStartedRequest__Output {
  'description'?: (string);
  '_description'?: "description";
}
