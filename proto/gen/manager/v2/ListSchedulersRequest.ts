// Original file: manager/v2/manager.proto

import type { SourceType as _manager_v2_SourceType, SourceType__Output as _manager_v2_SourceType__Output } from '../../manager/v2/SourceType.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Which schedulers a peer may use, those of its best-fitting cluster first.
 */
export interface ListSchedulersRequest {
  'sourceType'?: (_manager_v2_SourceType);
  'hostname'?: (string);
  'ip'?: (string);
  'idc'?: (string);
  'location'?: (string);
  'version'?: (string);
  'commit'?: (string);
  'schedulerClusterId'?: (number | string | Long);
  '_idc'?: "idc";
  '_location'?: "location";
}

/**
 * Which schedulers a peer may use, those of its best-fitting cluster first.
 */
export interface ListSchedulersRequest__Output {
  'sourceType': (_manager_v2_SourceType__Output);
  'hostname': (string);
  'ip': (string);
  'idc'?: (string);
  'location'?: (string);
  'version': (string);
  'commit': (string);
  'schedulerClusterId': (number);
  '_idc'?: "idc";
  '_location'?: "location";
}
