// Original file: scheduler/v2/scheduler.proto


export interface DownloadCachePeerBackToSourceFinishedRequest {
}

export interface DownloadCachePeerBackToSourceFinishedRequest__Output {
}
