// Original file: p2pfs/v1/cluster.proto

import type { ClusterMember as _p2pfs_v1_ClusterMember, ClusterMember__Output as _p2pfs_v1_ClusterMember__Output } from '../../p2pfs/v1/ClusterMember.ts';

export interface SyncResponse {
  'clusterName'?: (string);
  /**
   * "ADDRESS:PORT".
   */
  'schedulers'?: (string)[];
  /**
   * The last seen first, and not more than fit a screen.
   */
  'members'?: (_p2pfs_v1_ClusterMember)[];
  'memberCount'?: (number);
}

export interface SyncResponse__Output {
  'clusterName': (string);
  /**
   * "ADDRESS:PORT".
   */
  'schedulers': (string)[];
  /**
   * The last seen first, and not more than fit a screen.
   */
  'members': (_p2pfs_v1_ClusterMember__Output)[];
  'memberCount': (number);
}
