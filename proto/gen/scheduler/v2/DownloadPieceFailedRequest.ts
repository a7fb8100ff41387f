// Original file: scheduler/v2/scheduler.proto


/**
 * A piece that no parent could give; parent_id is the last one tried and must not be empty.
 */
export interface DownloadPieceFailedRequest {
  'pieceNumber'?: (number);
  'parentId'?: (string);
  'temporary'?: (boolean);
  '_pieceNumber'?: "pieceNumber";
}

/**
 * A piece that no parent could give; parent_id is the last one tried and must not be empty.
 */
export interface DownloadPieceFailedRequest__Output {
  'pieceNumber'?: (number);
  'parentId': (string);
  'temporary': (boolean);
  '_pieceNumber'?: "pieceNumber";
}
