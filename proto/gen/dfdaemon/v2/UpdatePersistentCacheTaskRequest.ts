// Original file: dfdaemon/v2/dfdaemon.proto


export interface UpdatePersistentCacheTaskRequest {
  'taskId'?: (string);
  'persistent'?: (boolean);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface UpdatePersistentCacheTaskRequest__Output {
  'taskId': (string);
  'persistent': (boolean);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
