// Original file: common/v2/common.proto


/**
 * How to reach the Hugging Face hub. The revision is part of the task id; the token is a secret.
 */
export interface HuggingFace {
  'token'?: (string);
  'revision'?: (string);
  'baseUrl'?: (string);
  '_token'?: "token";
  '_baseUrl'?: "baseUrl";
}

/**
 * How to reach the Hugging Face hub. The revision is part of the task id; the token is a secret.
 */
export interface HuggingFace__Output {
  'token'?: (string);
  'revision': (string);
  'baseUrl'?: (string);
  '_token'?: "token";
  '_baseUrl'?: "baseUrl";
}
