// Original file: common/v2/common.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Memory limit and use of the container, bytes.
 */
export interface CgroupMemory {
  'limit'?: (number | string | Long);
  'usage'?: (number | string | Long);
  'usedPercent'?: (number | string);
}

/**
 * Memory limit and use of the container, bytes.
 */
export interface CgroupMemory__Output {
  'limit': (number);
  'usage': (number);
  'usedPercent': (number);
}
