// Original file: scheduler/v2/scheduler.proto


/**
 * Fetch from the source.
 */
export interface NeedBackToSourceResponse {
  'description'?: (string);
  '_description'?: "description";
}

/**
 * Fetch from the source.
 */
export interface NeedBackToSourceResponse__Output {
  'description'?: (string);
  '_description'?: "description";
}
