// Original file: dfdaemon/v2/dfdaemon.proto


export interface SyncPersistentPiecesRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'interestedPieceNumbers'?: (number)[];
}

export interface SyncPersistentPiecesRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'interestedPieceNumbers': (number)[];
}
