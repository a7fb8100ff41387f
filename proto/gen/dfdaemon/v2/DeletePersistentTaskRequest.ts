// Original file: dfdaemon/v2/dfdaemon.proto


export interface DeletePersistentTaskRequest {
  'taskId'?: (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}

export interface DeletePersistentTaskRequest__Output {
  'taskId': (string);
  'remoteIp'?: (string);
  '_remoteIp'?: "remoteIp";
}
