// Original file: p2pfs/v1/cluster.proto

import type { MemberHost as _p2pfs_v1_MemberHost, MemberHost__Output as _p2pfs_v1_MemberHost__Output } from '../../p2pfs/v1/MemberHost.ts';

export interface RenewRequest {
  'certificateRequest'?: (Buffer | Uint8Array | string);
  'host'?: (_p2pfs_v1_MemberHost | null);
}

export interface RenewRequest__Output {
  'certificateRequest': (Buffer);
  'host': (_p2pfs_v1_MemberHost__Output | null);
}
