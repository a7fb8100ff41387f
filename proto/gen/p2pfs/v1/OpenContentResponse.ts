// Original file: p2pfs/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface OpenContentResponse {
  /**
   * Absolute path of the finished content file. Only to be read: hard-link, reflink or copy it.
   */
  'path'?: (string);
  'contentLength'?: (number | string | Long);
}

export interface OpenContentResponse__Output {
  /**
   * Absolute path of the finished content file. Only to be read: hard-link, reflink or copy it.
   */
  'path': (string);
  'contentLength': (number);
}
