// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentCachePeerFailedRequest {
  'description'?: (string);
  '_description'?: "description";
}

export interface DownloadPersistentCachePeerFailedRequest__Output {
  'description'?: (string);
  '_description'?: "description";
}
