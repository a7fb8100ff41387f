// Original file: p2pfs/v1/cluster.proto

import type { MemberHost as _p2pfs_v1_MemberHost, MemberHost__Output as _p2pfs_v1_MemberHost__Output } from '../../p2pfs/v1/MemberHost.ts';

export interface SyncRequest {
  'host'?: (_p2pfs_v1_MemberHost | null);
  /**
   * Whether the answer names the hosts; else it only counts them.
   */
  'withMembers'?: (boolean);
  /**
   * What the host knows of those that are refused: the first 8 bytes of the SHA-256 of SyncResponse.refused. Empty: nothing.
   */
  'refusedDigest'?: (Buffer | Uint8Array | string);
}

export interface SyncRequest__Output {
  'host': (_p2pfs_v1_MemberHost__Output | null);
  /**
   * Whether the answer names the hosts; else it only counts them.
   */
  'withMembers': (boolean);
  /**
   * What the host knows of those that are refused: the first 8 bytes of the SHA-256 of SyncResponse.refused. Empty: nothing.
   */
  'refusedDigest': (Buffer);
}
