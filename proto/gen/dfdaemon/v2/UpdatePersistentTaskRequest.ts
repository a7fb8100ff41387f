// Original file: dfdaemon/v2/dfdaemon.proto


export interface UpdatePersistentTaskRequest {
  'taskId'?: (string);
  'persistent'?: (boolean);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface UpdatePersistentTaskRequest__Output {
  'taskId': (string);
  'persistent': (boolean);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
