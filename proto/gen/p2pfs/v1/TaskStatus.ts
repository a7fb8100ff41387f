// Original file: p2pfs/v1/control.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One task of this host, and where its bytes came from.
 */
export interface TaskStatus {
  'taskId'?: (string);
  /**
   * Without user info, query and fragment, which may hold secrets.
   */
  'url'?: (string);
  'contentLength'?: (number | string | Long);
  'pieceCount'?: (number);
  'finishedPieceCount'?: (number);
  'state'?: (string);
  'bytesFromSource'?: (number | string | Long);
  'bytesFromPeers'?: (number | string | Long);
}

/**
 * One task of this host, and where its bytes came from.
 */
export interface TaskStatus__Output {
  'taskId': (string);
  /**
   * Without user info, query and fragment, which may hold secrets.
   */
  'url': (string);
  'contentLength': (number);
  'pieceCount': (number);
  'finishedPieceCount': (number);
  'state': (string);
  'bytesFromSource': (number);
  'bytesFromPeers': (number);
}
