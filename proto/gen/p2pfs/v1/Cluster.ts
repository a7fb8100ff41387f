// Original file: p2pfs/v1/cluster.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { LeaveClusterRequest as _p2pfs_v1_LeaveClusterRequest, LeaveClusterRequest__Output as _p2pfs_v1_LeaveClusterRequest__Output } from '../../p2pfs/v1/LeaveClusterRequest.ts';
import type { LeaveClusterResponse as _p2pfs_v1_LeaveClusterResponse, LeaveClusterResponse__Output as _p2pfs_v1_LeaveClusterResponse__Output } from '../../p2pfs/v1/LeaveClusterResponse.ts';
import type { RenewRequest as _p2pfs_v1_RenewRequest, RenewRequest__Output as _p2pfs_v1_RenewRequest__Output } from '../../p2pfs/v1/RenewRequest.ts';
import type { RenewResponse as _p2pfs_v1_RenewResponse, RenewResponse__Output as _p2pfs_v1_RenewResponse__Output } from '../../p2pfs/v1/RenewResponse.ts';
import type { SyncRequest as _p2pfs_v1_SyncRequest, SyncRequest__Output as _p2pfs_v1_SyncRequest__Output } from '../../p2pfs/v1/SyncRequest.ts';
import type { SyncResponse as _p2pfs_v1_SyncResponse, SyncResponse__Output as _p2pfs_v1_SyncResponse__Output } from '../../p2pfs/v1/SyncResponse.ts';

/**
 * For hosts with a certificate of the cluster, which also says who asks.
 */
export interface ClusterClient extends grpc.Client {
  /**
   * This host is gone for good: it gets no certificate any more.
   */
  LeaveCluster(argument: _p2pfs_v1_LeaveClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LeaveClusterResponse__Output>): grpc.ClientUnaryCall;
  LeaveCluster(argument: _p2pfs_v1_LeaveClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_LeaveClusterResponse__Output>): grpc.ClientUnaryCall;
  LeaveCluster(argument: _p2pfs_v1_LeaveClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LeaveClusterResponse__Output>): grpc.ClientUnaryCall;
  LeaveCluster(argument: _p2pfs_v1_LeaveClusterRequest, callback: grpc.requestCallback<_p2pfs_v1_LeaveClusterResponse__Output>): grpc.ClientUnaryCall;
  /**
   * This host is gone for good: it gets no certificate any more.
   */
  leaveCluster(argument: _p2pfs_v1_LeaveClusterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LeaveClusterResponse__Output>): grpc.ClientUnaryCall;
  leaveCluster(argument: _p2pfs_v1_LeaveClusterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_LeaveClusterResponse__Output>): grpc.ClientUnaryCall;
  leaveCluster(argument: _p2pfs_v1_LeaveClusterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LeaveClusterResponse__Output>): grpc.ClientUnaryCall;
  leaveCluster(argument: _p2pfs_v1_LeaveClusterRequest, callback: grpc.requestCallback<_p2pfs_v1_LeaveClusterResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * A new certificate before the old one ends.
   */
  Renew(argument: _p2pfs_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _p2pfs_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _p2pfs_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _p2pfs_v1_RenewRequest, callback: grpc.requestCallback<_p2pfs_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  /**
   * A new certificate before the old one ends.
   */
  renew(argument: _p2pfs_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _p2pfs_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _p2pfs_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _p2pfs_v1_RenewRequest, callback: grpc.requestCallback<_p2pfs_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Tells of this host, and hears of the others.
   */
  Sync(argument: _p2pfs_v1_SyncRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_SyncResponse__Output>): grpc.ClientUnaryCall;
  Sync(argument: _p2pfs_v1_SyncRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_SyncResponse__Output>): grpc.ClientUnaryCall;
  Sync(argument: _p2pfs_v1_SyncRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_SyncResponse__Output>): grpc.ClientUnaryCall;
  Sync(argument: _p2pfs_v1_SyncRequest, callback: grpc.requestCallback<_p2pfs_v1_SyncResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Tells of this host, and hears of the others.
   */
  sync(argument: _p2pfs_v1_SyncRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_SyncResponse__Output>): grpc.ClientUnaryCall;
  sync(argument: _p2pfs_v1_SyncRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_SyncResponse__Output>): grpc.ClientUnaryCall;
  sync(argument: _p2pfs_v1_SyncRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_SyncResponse__Output>): grpc.ClientUnaryCall;
  sync(argument: _p2pfs_v1_SyncRequest, callback: grpc.requestCallback<_p2pfs_v1_SyncResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * For hosts with a certificate of the cluster, which also says who asks.
 */
export interface ClusterHandlers extends grpc.UntypedServiceImplementation {
  /**
   * This host is gone for good: it gets no certificate any more.
   */
  LeaveCluster: grpc.handleUnaryCall<_p2pfs_v1_LeaveClusterRequest__Output, _p2pfs_v1_LeaveClusterResponse>;
  
  /**
   * A new certificate before the old one ends.
   */
  Renew: grpc.handleUnaryCall<_p2pfs_v1_RenewRequest__Output, _p2pfs_v1_RenewResponse>;
  
  /**
   * Tells of this host, and hears of the others.
   */
  Sync: grpc.handleUnaryCall<_p2pfs_v1_SyncRequest__Output, _p2pfs_v1_SyncResponse>;
  
}

export interface ClusterDefinition extends grpc.ServiceDefinition {
  LeaveCluster: MethodDefinition<_p2pfs_v1_LeaveClusterRequest, _p2pfs_v1_LeaveClusterResponse, _p2pfs_v1_LeaveClusterRequest__Output, _p2pfs_v1_LeaveClusterResponse__Output>
  Renew: MethodDefinition<_p2pfs_v1_RenewRequest, _p2pfs_v1_RenewResponse, _p2pfs_v1_RenewRequest__Output, _p2pfs_v1_RenewResponse__Output>
  Sync: MethodDefinition<_p2pfs_v1_SyncRequest, _p2pfs_v1_SyncResponse, _p2pfs_v1_SyncRequest__Output, _p2pfs_v1_SyncResponse__Output>
}
