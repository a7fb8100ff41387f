// Original file: errordetails/v2/errordetails.proto


/**
 * The source answered, and not with what was wanted. The headers hold no credentials.
 */
export interface Backend {
  'message'?: (string);
  'header'?: ({[key: string]: string});
  'statusCode'?: (number);
  '_statusCode'?: "statusCode";
}

/**
 * The source answered, and not with what was wanted. The headers hold no credentials.
 */
export interface Backend__Output {
  'message': (string);
  'header': ({[key: string]: string});
  'statusCode'?: (number);
  '_statusCode'?: "statusCode";
}
