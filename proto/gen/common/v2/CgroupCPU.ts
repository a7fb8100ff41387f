// Original file: common/v2/common.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Processor limit and use of the container.
 */
export interface CgroupCPU {
  'period'?: (number | string | Long);
  'quota'?: (number | string | Long);
  'usedPercent'?: (number | string);
}

/**
 * Processor limit and use of the container.
 */
export interface CgroupCPU__Output {
  'period': (number);
  'quota': (number);
  'usedPercent': (number);
}
