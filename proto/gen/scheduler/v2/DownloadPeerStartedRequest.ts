// Original file: scheduler/v2/scheduler.proto


export interface DownloadPeerStartedRequest {
}

export interface DownloadPeerStartedRequest__Output {
}
