// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentCachePeerStartedRequest {
}

export interface DownloadPersistentCachePeerStartedRequest__Output {
}
