// Original file: dfdaemon/v2/dfdaemon.proto


export interface DeleteTaskRequest {
  'taskId'?: (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface DeleteTaskRequest__Output {
  'taskId': (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
