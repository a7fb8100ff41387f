// Original file: p2pfs/v1/control.proto


export interface OpenContentRequest {
  'taskId'?: (string);
}

export interface OpenContentRequest__Output {
  'taskId': (string);
}
