// Original file: p2pfs/v1/cluster.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * A host that is no longer of the cluster.
 */
export interface RemovedMember {
  'memberId'?: (string);
  'hostname'?: (string);
  'ip'?: (string);
  'removedAt'?: (_google_protobuf_Timestamp | null);
  /**
   * By itself.
   */
  'left'?: (boolean);
}

/**
 * A host that is no longer of the cluster.
 */
export interface RemovedMember__Output {
  'memberId': (string);
  'hostname': (string);
  'ip': (string);
  'removedAt': (_google_protobuf_Timestamp__Output | null);
  /**
   * By itself.
   */
  'left': (boolean);
}
