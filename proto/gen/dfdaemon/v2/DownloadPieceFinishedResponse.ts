// Original file: dfdaemon/v2/dfdaemon.proto

import type { Piece as _common_v2_Piece, Piece__Output as _common_v2_Piece__Output } from '../../common/v2/Piece.ts';

/**
 * A piece is in; its content is present only if the request asked for it.
 */
export interface DownloadPieceFinishedResponse {
  'piece'?: (_common_v2_Piece | null);
}

/**
 * A piece is in; its content is present only if the request asked for it.
 */
export interface DownloadPieceFinishedResponse__Output {
  'piece': (_common_v2_Piece__Output | null);
}
