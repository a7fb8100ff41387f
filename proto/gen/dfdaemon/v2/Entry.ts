// Original file: dfdaemon/v2/dfdaemon.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One name in a listing of the source.
 */
export interface Entry {
  'url'?: (string);
  'contentLength'?: (number | string | Long);
  'isDir'?: (boolean);
}

/**
 * One name in a listing of the source.
 */
export interface Entry__Output {
  'url': (string);
  'contentLength': (number);
  'isDir': (boolean);
}
