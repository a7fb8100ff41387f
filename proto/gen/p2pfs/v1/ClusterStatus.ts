// Original file: p2pfs/v1/control.proto

import type { SchedulerStatus as _p2pfs_v1_SchedulerStatus, SchedulerStatus__Output as _p2pfs_v1_SchedulerStatus__Output } from '../../p2pfs/v1/SchedulerStatus.ts';
import type { MembershipStatus as _p2pfs_v1_MembershipStatus, MembershipStatus__Output as _p2pfs_v1_MembershipStatus__Output } from '../../p2pfs/v1/MembershipStatus.ts';

/**
 * The place of this host among others.
 */
export interface ClusterStatus {
  'hostId'?: (string);
  /**
   * Who knows the schedulers: a manager, a dynconfig file, a list. Empty for a host by itself.
   */
  'source'?: (string);
  /**
   * Why that could not be asked the last time. Empty when it could.
   */
  'failure'?: (string);
  'schedulers'?: (_p2pfs_v1_SchedulerStatus)[];
  /**
   * Of a cluster of our own; absent in others.
   */
  'membership'?: (_p2pfs_v1_MembershipStatus | null);
}

/**
 * The place of this host among others.
 */
export interface ClusterStatus__Output {
  'hostId': (string);
  /**
   * Who knows the schedulers: a manager, a dynconfig file, a list. Empty for a host by itself.
   */
  'source': (string);
  /**
   * Why that could not be asked the last time. Empty when it could.
   */
  'failure': (string);
  'schedulers': (_p2pfs_v1_SchedulerStatus__Output)[];
  /**
   * Of a cluster of our own; absent in others.
   */
  'membership': (_p2pfs_v1_MembershipStatus__Output | null);
}
