// Original file: scheduler/v2/scheduler.proto


export interface DownloadCachePeerFailedRequest {
  'description'?: (string);
  '_description'?: "description";
}

export interface DownloadCachePeerFailedRequest__Output {
  'description'?: (string);
  '_description'?: "description";
}
