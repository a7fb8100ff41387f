// Original file: p2pfs/v1/control.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface RemovedStatus {
  'hostname'?: (string);
  'ip'?: (string);
  'memberId'?: (string);
  'removedAt'?: (_google_protobuf_Timestamp | null);
  /**
   * By itself.
   */
  'left'?: (boolean);
}

export interface RemovedStatus__Output {
  'hostname': (string);
  'ip': (string);
  'memberId': (string);
  'removedAt': (_google_protobuf_Timestamp__Output | null);
  /**
   * By itself.
   */
  'left': (boolean);
}
