// Original file: dfdaemon/v2/dfdaemon.proto


export interface SyncCachePiecesRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'interestedCachePieceNumbers'?: (number)[];
}

export interface SyncCachePiecesRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'interestedCachePieceNumbers': (number)[];
}
