// Original file: common/v2/common.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Bytes from start on; a length of zero is refused.
 */
export interface Range {
  'start'?: (number | string | Long);
  'length'?: (number | string | Long);
}

/**
 * Bytes from start on; a length of zero is refused.
 */
export interface Range__Output {
  'start': (number);
  'length': (number);
}
