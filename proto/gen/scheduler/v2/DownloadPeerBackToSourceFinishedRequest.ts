// Original file: scheduler/v2/scheduler.proto


export interface DownloadPeerBackToSourceFinishedRequest {
}

export interface DownloadPeerBackToSourceFinishedRequest__Output {
}
