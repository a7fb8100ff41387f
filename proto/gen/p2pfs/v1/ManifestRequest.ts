// Original file: p2pfs/v1/pieces.proto

import type { ContentVersion as _p2pfs_v1_ContentVersion, ContentVersion__Output as _p2pfs_v1_ContentVersion__Output } from '../../p2pfs/v1/ContentVersion.ts';
import type { Long } from '@grpc/proto-loader';

export interface ManifestRequest {
  /**
   * Of the asking host, for the log.
   */
  'hostId'?: (string);
  'taskId'?: (string);
  'version'?: (_p2pfs_v1_ContentVersion | null);
  /**
   * Bytes.
   */
  'pieceLength'?: (number | string | Long);
  'firstPiece'?: (number);
  /**
   * At most 256.
   */
  'pieceCount'?: (number);
}

export interface ManifestRequest__Output {
  /**
   * Of the asking host, for the log.
   */
  'hostId': (string);
  'taskId': (string);
  'version': (_p2pfs_v1_ContentVersion__Output | null);
  /**
   * Bytes.
   */
  'pieceLength': (number);
  'firstPiece': (number);
  /**
   * At most 256.
   */
  'pieceCount': (number);
}
