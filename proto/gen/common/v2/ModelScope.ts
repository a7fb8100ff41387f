// Original file: common/v2/common.proto


/**
 * How to reach ModelScope. The revision is part of the task id; the token is a secret.
 */
export interface ModelScope {
  'token'?: (string);
  'revision'?: (string);
  'baseUrl'?: (string);
  '_token'?: "token";
  '_baseUrl'?: "baseUrl";
}

/**
 * How to reach ModelScope. The revision is part of the task id; the token is a secret.
 */
export interface ModelScope__Output {
  'token'?: (string);
  'revision': (string);
  'baseUrl'?: (string);
  '_token'?: "token";
  '_baseUrl'?: "baseUrl";
}
