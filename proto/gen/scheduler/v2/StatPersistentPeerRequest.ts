// Original file: scheduler/v2/scheduler.proto


export interface StatPersistentPeerRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
}

export interface StatPersistentPeerRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
}
