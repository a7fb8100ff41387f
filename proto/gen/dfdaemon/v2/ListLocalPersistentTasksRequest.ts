// Original file: dfdaemon/v2/dfdaemon.proto


export interface ListLocalPersistentTasksRequest {
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface ListLocalPersistentTasksRequest__Output {
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
