// Original file: dfdaemon/v2/dfdaemon.proto


export interface DeletePersistentCacheTaskRequest {
  'taskId'?: (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface DeletePersistentCacheTaskRequest__Output {
  'taskId': (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
