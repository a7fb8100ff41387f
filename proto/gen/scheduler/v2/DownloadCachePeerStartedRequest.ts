// Original file: scheduler/v2/scheduler.proto


export interface DownloadCachePeerStartedRequest {
}

export interface DownloadCachePeerStartedRequest__Output {
}
