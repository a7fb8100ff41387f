// Original file: dfdaemon/v2/dfdaemon.proto


export interface ListLocalTasksRequest {
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface ListLocalTasksRequest__Output {
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
