// Original file: p2pfs/v1/control.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

export interface MemberStatus {
  'hostname'?: (string);
  'ip'?: (string);
  'roles'?: (string)[];
  'seenAt'?: (_google_protobuf_Timestamp | null);
  'isIssuer'?: (boolean);
  'memberId'?: (string);
  'certificateUntil'?: (_google_protobuf_Timestamp | null);
}

export interface MemberStatus__Output {
  'hostname': (string);
  'ip': (string);
  'roles': (string)[];
  'seenAt': (_google_protobuf_Timestamp__Output | null);
  'isIssuer': (boolean);
  'memberId': (string);
  'certificateUntil': (_google_protobuf_Timestamp__Output | null);
}
