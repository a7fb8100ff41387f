// Original file: common/v2/common.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Disk use of the container, bytes per second.
 */
export interface CgroupDisk {
  'readBandwidth'?: (number | string | Long);
  'writeBandwidth'?: (number | string | Long);
}

/**
 * Disk use of the container, bytes per second.
 */
export interface CgroupDisk__Output {
  'readBandwidth': (number);
  'writeBandwidth': (number);
}
