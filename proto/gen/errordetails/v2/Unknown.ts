// Original file: errordetails/v2/errordetails.proto


/**
 * Anything else.
 */
export interface Unknown {
  'message'?: (string);
  '_message'?: "message";
}

/**
 * Anything else.
 */
export interface Unknown__Output {
  'message'?: (string);
  '_message'?: "message";
}
