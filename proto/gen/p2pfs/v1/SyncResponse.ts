// Original file: p2pfs/v1/cluster.proto

import type { ClusterMember as _p2pfs_v1_ClusterMember, ClusterMember__Output as _p2pfs_v1_ClusterMember__Output } from '../../p2pfs/v1/ClusterMember.ts';
import type { RemovedMember as _p2pfs_v1_RemovedMember, RemovedMember__Output as _p2pfs_v1_RemovedMember__Output } from '../../p2pfs/v1/RemovedMember.ts';

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
  /**
   * Ids of all hosts whose certificates are to be refused, 8 bytes each. Absent: as the host knows them.
   */
  'refused'?: (Buffer | Uint8Array | string);
  /**
   * Those that left or were removed last, the newest first; only with the members.
   */
  'removed'?: (_p2pfs_v1_RemovedMember)[];
  '_refused'?: "refused";
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
  /**
   * Ids of all hosts whose certificates are to be refused, 8 bytes each. Absent: as the host knows them.
   */
  'refused'?: (Buffer);
  /**
   * Those that left or were removed last, the newest first; only with the members.
   */
  'removed': (_p2pfs_v1_RemovedMember__Output)[];
  '_refused'?: "refused";
}
