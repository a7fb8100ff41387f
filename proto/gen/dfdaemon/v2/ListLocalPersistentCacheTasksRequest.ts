// Original file: dfdaemon/v2/dfdaemon.proto


export interface ListLocalPersistentCacheTasksRequest {
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface ListLocalPersistentCacheTasksRequest__Output {
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
