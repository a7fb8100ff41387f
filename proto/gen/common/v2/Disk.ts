// Original file: common/v2/common.proto

import type { CgroupDisk as _common_v2_CgroupDisk, CgroupDisk__Output as _common_v2_CgroupDisk__Output } from '../../common/v2/CgroupDisk.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The file system that holds the storage, bytes.
 */
export interface Disk {
  'total'?: (number | string | Long);
  'free'?: (number | string | Long);
  'used'?: (number | string | Long);
  'usedPercent'?: (number | string);
  'inodesTotal'?: (number | string | Long);
  'inodesUsed'?: (number | string | Long);
  'inodesFree'?: (number | string | Long);
  'inodesUsedPercent'?: (number | string);
  'readBandwidth'?: (number | string | Long);
  'writeBandwidth'?: (number | string | Long);
  'cgroup'?: (_common_v2_CgroupDisk | null);
  '_cgroup'?: "cgroup";
}

/**
 * The file system that holds the storage, bytes.
 */
export interface Disk__Output {
  'total': (number);
  'free': (number);
  'used': (number);
  'usedPercent': (number);
  'inodesTotal': (number);
  'inodesUsed': (number);
  'inodesFree': (number);
  'inodesUsedPercent': (number);
  'readBandwidth': (number);
  'writeBandwidth': (number);
  'cgroup'?: (_common_v2_CgroupDisk__Output | null);
  '_cgroup'?: "cgroup";
}
