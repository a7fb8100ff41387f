// Original file: p2pfs/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface OpenContentResponse {
  /**
   * Absolute path of the content file, pieces in place. Only to be read: reflink or copy it; a hard link shares its bytes.
   */
  'path'?: (string);
  'contentLength'?: (number | string | Long);
}

export interface OpenContentResponse__Output {
  /**
   * Absolute path of the content file, pieces in place. Only to be read: reflink or copy it; a hard link shares its bytes.
   */
  'path': (string);
  'contentLength': (number);
}
