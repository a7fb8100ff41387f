// Original file: p2pfs/v1/cluster.proto

import type { MemberHost as _p2pfs_v1_MemberHost, MemberHost__Output as _p2pfs_v1_MemberHost__Output } from '../../p2pfs/v1/MemberHost.ts';

export interface JoinRequest {
  /**
   * The token's parts; see daemon/membership/token.ts. The secret is never logged.
   */
  'tokenId'?: (Buffer | Uint8Array | string);
  'tokenSecret'?: (Buffer | Uint8Array | string);
  /**
   * PKCS #10, DER. Only its key counts.
   */
  'certificateRequest'?: (Buffer | Uint8Array | string);
  'host'?: (_p2pfs_v1_MemberHost | null);
}

export interface JoinRequest__Output {
  /**
   * The token's parts; see daemon/membership/token.ts. The secret is never logged.
   */
  'tokenId': (Buffer);
  'tokenSecret': (Buffer);
  /**
   * PKCS #10, DER. Only its key counts.
   */
  'certificateRequest': (Buffer);
  'host': (_p2pfs_v1_MemberHost__Output | null);
}
