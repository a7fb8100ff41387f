// Original file: scheduler/v2/scheduler.proto


export interface DeletePersistentPeerRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
}

export interface DeletePersistentPeerRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
}
