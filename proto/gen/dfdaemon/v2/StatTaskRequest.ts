// Original file: dfdaemon/v2/dfdaemon.proto


export interface StatTaskRequest {
  'taskId'?: (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface StatTaskRequest__Output {
  'taskId': (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
