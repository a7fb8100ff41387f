// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentCachePeerFinishedRequest {
}

export interface DownloadPersistentCachePeerFinishedRequest__Output {
}
