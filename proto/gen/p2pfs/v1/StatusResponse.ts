// Original file: p2pfs/v1/control.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { MountStatus as _p2pfs_v1_MountStatus, MountStatus__Output as _p2pfs_v1_MountStatus__Output } from '../../p2pfs/v1/MountStatus.ts';
import type { StorageStatus as _p2pfs_v1_StorageStatus, StorageStatus__Output as _p2pfs_v1_StorageStatus__Output } from '../../p2pfs/v1/StorageStatus.ts';
import type { TaskStatus as _p2pfs_v1_TaskStatus, TaskStatus__Output as _p2pfs_v1_TaskStatus__Output } from '../../p2pfs/v1/TaskStatus.ts';
import type { ClusterStatus as _p2pfs_v1_ClusterStatus, ClusterStatus__Output as _p2pfs_v1_ClusterStatus__Output } from '../../p2pfs/v1/ClusterStatus.ts';
import type { Long } from '@grpc/proto-loader';

export interface StatusResponse {
  /**
   * Version of p2pfs.
   */
  'version'?: (string);
  'pid'?: (number);
  'startedAt'?: (_google_protobuf_Timestamp | null);
  /**
   * Absolute path.
   */
  'workhome'?: (string);
  /**
   * Tells two configurations apart without showing either.
   */
  'configDigest'?: (string);
  'mounts'?: (_p2pfs_v1_MountStatus)[];
  'storage'?: (_p2pfs_v1_StorageStatus | null);
  /**
   * Number of tasks held, however many of them are listed.
   */
  'taskCount'?: (number | string | Long);
  'tasks'?: (_p2pfs_v1_TaskStatus)[];
  'cluster'?: (_p2pfs_v1_ClusterStatus | null);
}

export interface StatusResponse__Output {
  /**
   * Version of p2pfs.
   */
  'version': (string);
  'pid': (number);
  'startedAt': (_google_protobuf_Timestamp__Output | null);
  /**
   * Absolute path.
   */
  'workhome': (string);
  /**
   * Tells two configurations apart without showing either.
   */
  'configDigest': (string);
  'mounts': (_p2pfs_v1_MountStatus__Output)[];
  'storage': (_p2pfs_v1_StorageStatus__Output | null);
  /**
   * Number of tasks held, however many of them are listed.
   */
  'taskCount': (number);
  'tasks': (_p2pfs_v1_TaskStatus__Output)[];
  'cluster': (_p2pfs_v1_ClusterStatus__Output | null);
}
