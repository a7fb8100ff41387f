// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentPeerFinishedRequest {
}

export interface DownloadPersistentPeerFinishedRequest__Output {
}
