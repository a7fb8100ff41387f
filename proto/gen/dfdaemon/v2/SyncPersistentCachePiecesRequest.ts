// Original file: dfdaemon/v2/dfdaemon.proto


export interface SyncPersistentCachePiecesRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'interestedPieceNumbers'?: (number)[];
}

export interface SyncPersistentCachePiecesRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'interestedPieceNumbers': (number)[];
}
