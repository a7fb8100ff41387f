// Original file: p2pfs/v1/cluster.proto

import type { MemberHost as _p2pfs_v1_MemberHost, MemberHost__Output as _p2pfs_v1_MemberHost__Output } from '../../p2pfs/v1/MemberHost.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface ClusterMember {
  'memberId'?: (string);
  'host'?: (_p2pfs_v1_MemberHost | null);
  'seenAt'?: (_google_protobuf_Timestamp | null);
  /**
   * It makes the certificates.
   */
  'isIssuer'?: (boolean);
  'certificateUntil'?: (_google_protobuf_Timestamp | null);
}

export interface ClusterMember__Output {
  'memberId': (string);
  'host': (_p2pfs_v1_MemberHost__Output | null);
  'seenAt': (_google_protobuf_Timestamp__Output | null);
  /**
   * It makes the certificates.
   */
  'isIssuer': (boolean);
  'certificateUntil': (_google_protobuf_Timestamp__Output | null);
}
