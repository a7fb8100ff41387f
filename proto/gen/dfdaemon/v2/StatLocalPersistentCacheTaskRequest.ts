// Original file: dfdaemon/v2/dfdaemon.proto


export interface StatLocalPersistentCacheTaskRequest {
  'taskId'?: (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface StatLocalPersistentCacheTaskRequest__Output {
  'taskId': (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
