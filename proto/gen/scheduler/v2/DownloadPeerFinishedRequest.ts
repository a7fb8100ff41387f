// Original file: scheduler/v2/scheduler.proto


export interface DownloadPeerFinishedRequest {
}

export interface DownloadPeerFinishedRequest__Output {
}
