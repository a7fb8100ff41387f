// Original file: scheduler/v2/scheduler.proto


export interface DownloadCachePeerFinishedRequest {
}

export interface DownloadCachePeerFinishedRequest__Output {
}
