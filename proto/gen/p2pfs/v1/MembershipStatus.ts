// Original file: p2pfs/v1/control.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { MemberStatus as _p2pfs_v1_MemberStatus, MemberStatus__Output as _p2pfs_v1_MemberStatus__Output } from '../../p2pfs/v1/MemberStatus.ts';
import type { RemovedStatus as _p2pfs_v1_RemovedStatus, RemovedStatus__Output as _p2pfs_v1_RemovedStatus__Output } from '../../p2pfs/v1/RemovedStatus.ts';

/**
 * A cluster of our own, as this host knows it.
 */
export interface MembershipStatus {
  'clusterName'?: (string);
  /**
   * This host's.
   */
  'roles'?: (string)[];
  'isIssuer'?: (boolean);
  /**
   * "ADDRESS:PORT" of whoever makes the certificates.
   */
  'issuer'?: (string);
  /**
   * When this host's certificate ends.
   */
  'certificateUntil'?: (_google_protobuf_Timestamp | null);
  /**
   * Why the issuer could not be asked. Empty when it could.
   */
  'failure'?: (string);
  'memberCount'?: (number);
  /**
   * The last seen first.
   */
  'members'?: (_p2pfs_v1_MemberStatus)[];
  /**
   * Those that left or were removed, the newest first.
   */
  'removed'?: (_p2pfs_v1_RemovedStatus)[];
  /**
   * How many there are whose certificates this host refuses.
   */
  'refusedCount'?: (number);
  'authorityUntil'?: (_google_protobuf_Timestamp | null);
  /**
   * This host's, among the members.
   */
  'memberId'?: (string);
}

/**
 * A cluster of our own, as this host knows it.
 */
export interface MembershipStatus__Output {
  'clusterName': (string);
  /**
   * This host's.
   */
  'roles': (string)[];
  'isIssuer': (boolean);
  /**
   * "ADDRESS:PORT" of whoever makes the certificates.
   */
  'issuer': (string);
  /**
   * When this host's certificate ends.
   */
  'certificateUntil': (_google_protobuf_Timestamp__Output | null);
  /**
   * Why the issuer could not be asked. Empty when it could.
   */
  'failure': (string);
  'memberCount': (number);
  /**
   * The last seen first.
   */
  'members': (_p2pfs_v1_MemberStatus__Output)[];
  /**
   * Those that left or were removed, the newest first.
   */
  'removed': (_p2pfs_v1_RemovedStatus__Output)[];
  /**
   * How many there are whose certificates this host refuses.
   */
  'refusedCount': (number);
  'authorityUntil': (_google_protobuf_Timestamp__Output | null);
  /**
   * This host's, among the members.
   */
  'memberId': (string);
}
