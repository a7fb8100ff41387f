// Original file: dfdaemon/v2/dfdaemon.proto


/**
 * Asks a parent to say, piece by piece, what it has of a task.
 */
export interface SyncPiecesRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'interestedPieceNumbers'?: (number)[];
}

/**
 * Asks a parent to say, piece by piece, what it has of a task.
 */
export interface SyncPiecesRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'interestedPieceNumbers': (number)[];
}
