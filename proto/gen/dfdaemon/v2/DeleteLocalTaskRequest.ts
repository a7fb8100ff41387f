// Original file: dfdaemon/v2/dfdaemon.proto


export interface DeleteLocalTaskRequest {
  'taskId'?: (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface DeleteLocalTaskRequest__Output {
  'taskId': (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
