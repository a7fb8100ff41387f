// Original file: dfdaemon/v2/dfdaemon.proto

import type { Piece as _common_v2_Piece, Piece__Output as _common_v2_Piece__Output } from '../../common/v2/Piece.ts';

export interface DownloadCachePieceResponse {
  'piece'?: (_common_v2_Piece | null);
  'digest'?: (string);
  '_digest'?: "digest";
}

export interface DownloadCachePieceResponse__Output {
  'piece': (_common_v2_Piece__Output | null);
  'digest'?: (string);
  '_digest'?: "digest";
}
