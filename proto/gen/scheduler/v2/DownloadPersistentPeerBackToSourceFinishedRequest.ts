// Original file: scheduler/v2/scheduler.proto


export interface DownloadPersistentPeerBackToSourceFinishedRequest {
}

export interface DownloadPersistentPeerBackToSourceFinishedRequest__Output {
}
