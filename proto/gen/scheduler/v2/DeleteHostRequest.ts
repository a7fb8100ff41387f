// Original file: scheduler/v2/scheduler.proto


export interface DeleteHostRequest {
  'hostId'?: (string);
}

export interface DeleteHostRequest__Output {
  'hostId': (string);
}
