// Original file: p2pfs/v1/cluster.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { JoinRequest as _p2pfs_v1_JoinRequest, JoinRequest__Output as _p2pfs_v1_JoinRequest__Output } from '../../p2pfs/v1/JoinRequest.ts';
import type { JoinResponse as _p2pfs_v1_JoinResponse, JoinResponse__Output as _p2pfs_v1_JoinResponse__Output } from '../../p2pfs/v1/JoinResponse.ts';

/**
 * For hosts that have no certificate yet. They know the server by the authority's fingerprint in their token.
 */
export interface ClusterEntranceClient extends grpc.Client {
  Join(argument: _p2pfs_v1_JoinRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _p2pfs_v1_JoinRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _p2pfs_v1_JoinRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  Join(argument: _p2pfs_v1_JoinRequest, callback: grpc.requestCallback<_p2pfs_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _p2pfs_v1_JoinRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _p2pfs_v1_JoinRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _p2pfs_v1_JoinRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  join(argument: _p2pfs_v1_JoinRequest, callback: grpc.requestCallback<_p2pfs_v1_JoinResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * For hosts that have no certificate yet. They know the server by the authority's fingerprint in their token.
 */
export interface ClusterEntranceHandlers extends grpc.UntypedServiceImplementation {
  Join: grpc.handleUnaryCall<_p2pfs_v1_JoinRequest__Output, _p2pfs_v1_JoinResponse>;
  
}

export interface ClusterEntranceDefinition extends grpc.ServiceDefinition {
  Join: MethodDefinition<_p2pfs_v1_JoinRequest, _p2pfs_v1_JoinResponse, _p2pfs_v1_JoinRequest__Output, _p2pfs_v1_JoinResponse__Output>
}
