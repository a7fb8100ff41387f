// Original file: manager/v2/manager.proto

import type { SchedulerCluster as _manager_v2_SchedulerCluster, SchedulerCluster__Output as _manager_v2_SchedulerCluster__Output } from '../../manager/v2/SchedulerCluster.ts';
import type { SeedPeer as _manager_v2_SeedPeer, SeedPeer__Output as _manager_v2_SeedPeer__Output } from '../../manager/v2/SeedPeer.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One scheduler; only those whose health service answers SERVING are used.
 */
export interface Scheduler {
  'id'?: (number | string | Long);
  'hostname'?: (string);
  'idc'?: (string);
  'location'?: (string);
  'ip'?: (string);
  'port'?: (number);
  'state'?: (string);
  'schedulerClusterId'?: (number | string | Long);
  'schedulerCluster'?: (_manager_v2_SchedulerCluster | null);
  'seedPeers'?: (_manager_v2_SeedPeer)[];
  'features'?: (Buffer | Uint8Array | string);
  '_idc'?: "idc";
  '_location'?: "location";
}

/**
 * One scheduler; only those whose health service answers SERVING are used.
 */
export interface Scheduler__Output {
  'id': (number);
  'hostname': (string);
  'idc'?: (string);
  'location'?: (string);
  'ip': (string);
  'port': (number);
  'state': (string);
  'schedulerClusterId': (number);
  'schedulerCluster': (_manager_v2_SchedulerCluster__Output | null);
  'seedPeers': (_manager_v2_SeedPeer__Output)[];
  'features': (Buffer);
  '_idc'?: "idc";
  '_location'?: "location";
}
