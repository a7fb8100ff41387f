// Original file: manager/v2/manager.proto

import type { SourceType as _manager_v2_SourceType, SourceType__Output as _manager_v2_SourceType__Output } from '../../manager/v2/SourceType.ts';
import type { Long } from '@grpc/proto-loader';

export interface GetSchedulerRequest {
  'sourceType'?: (_manager_v2_SourceType);
  'hostname'?: (string);
  'schedulerClusterId'?: (number | string | Long);
  'ip'?: (string);
}

export interface GetSchedulerRequest__Output {
  'sourceType': (_manager_v2_SourceType__Output);
  'hostname': (string);
  'schedulerClusterId': (number);
  'ip': (string);
}
