// Original file: common/v2/common.proto

import type { CPUTimes as _common_v2_CPUTimes, CPUTimes__Output as _common_v2_CPUTimes__Output } from '../../common/v2/CPUTimes.ts';
import type { CgroupCPU as _common_v2_CgroupCPU, CgroupCPU__Output as _common_v2_CgroupCPU__Output } from '../../common/v2/CgroupCPU.ts';

/**
 * The host's processors.
 */
export interface CPU {
  'logicalCount'?: (number);
  'physicalCount'?: (number);
  'percent'?: (number | string);
  'processPercent'?: (number | string);
  'times'?: (_common_v2_CPUTimes | null);
  'cgroup'?: (_common_v2_CgroupCPU | null);
  '_times'?: "times";
  '_cgroup'?: "cgroup";
}

/**
 * The host's processors.
 */
export interface CPU__Output {
  'logicalCount': (number);
  'physicalCount': (number);
  'percent': (number);
  'processPercent': (number);
  'times'?: (_common_v2_CPUTimes__Output | null);
  'cgroup'?: (_common_v2_CgroupCPU__Output | null);
  '_times'?: "times";
  '_cgroup'?: "cgroup";
}
