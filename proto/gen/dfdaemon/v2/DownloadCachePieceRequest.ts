// Original file: dfdaemon/v2/dfdaemon.proto


export interface DownloadCachePieceRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'pieceNumber'?: (number);
}

export interface DownloadCachePieceRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'pieceNumber': (number);
}
