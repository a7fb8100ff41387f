// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentPeerStartedRequest {
}

export interface DownloadPersistentPeerStartedRequest__Output {
}
