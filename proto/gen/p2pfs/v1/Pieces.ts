// Original file: p2pfs/v1/pieces.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ManifestRequest as _p2pfs_v1_ManifestRequest, ManifestRequest__Output as _p2pfs_v1_ManifestRequest__Output } from '../../p2pfs/v1/ManifestRequest.ts';
import type { ManifestResponse as _p2pfs_v1_ManifestResponse, ManifestResponse__Output as _p2pfs_v1_ManifestResponse__Output } from '../../p2pfs/v1/ManifestResponse.ts';
import type { WantRequest as _p2pfs_v1_WantRequest, WantRequest__Output as _p2pfs_v1_WantRequest__Output } from '../../p2pfs/v1/WantRequest.ts';
import type { WantResponse as _p2pfs_v1_WantResponse, WantResponse__Output as _p2pfs_v1_WantResponse__Output } from '../../p2pfs/v1/WantResponse.ts';

export interface PiecesClient extends grpc.Client {
  /**
   * What the pieces of a task were when they came here, for whoever gets them from somebody else: those that are finished, others are
   * left out. NOT_FOUND when no such task, or another version of it, is here.
   */
  Manifest(argument: _p2pfs_v1_ManifestRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_ManifestResponse__Output>): grpc.ClientUnaryCall;
  Manifest(argument: _p2pfs_v1_ManifestRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_ManifestResponse__Output>): grpc.ClientUnaryCall;
  Manifest(argument: _p2pfs_v1_ManifestRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_ManifestResponse__Output>): grpc.ClientUnaryCall;
  Manifest(argument: _p2pfs_v1_ManifestRequest, callback: grpc.requestCallback<_p2pfs_v1_ManifestResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What the pieces of a task were when they came here, for whoever gets them from somebody else: those that are finished, others are
   * left out. NOT_FOUND when no such task, or another version of it, is here.
   */
  manifest(argument: _p2pfs_v1_ManifestRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_ManifestResponse__Output>): grpc.ClientUnaryCall;
  manifest(argument: _p2pfs_v1_ManifestRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_ManifestResponse__Output>): grpc.ClientUnaryCall;
  manifest(argument: _p2pfs_v1_ManifestRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_ManifestResponse__Output>): grpc.ClientUnaryCall;
  manifest(argument: _p2pfs_v1_ManifestRequest, callback: grpc.requestCallback<_p2pfs_v1_ManifestResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Sends blocks of a content, in order, each as soon as it is here; what is missing is fetched from the source once for
   * everybody, before everything that nobody waits for. Headers leave at once. CHANGED (ABORTED) when the source holds another
   * version than the one that is wanted.
   */
  Want(argument: _p2pfs_v1_WantRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_p2pfs_v1_WantResponse__Output>;
  Want(argument: _p2pfs_v1_WantRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_p2pfs_v1_WantResponse__Output>;
  /**
   * Sends blocks of a content, in order, each as soon as it is here; what is missing is fetched from the source once for
   * everybody, before everything that nobody waits for. Headers leave at once. CHANGED (ABORTED) when the source holds another
   * version than the one that is wanted.
   */
  want(argument: _p2pfs_v1_WantRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_p2pfs_v1_WantResponse__Output>;
  want(argument: _p2pfs_v1_WantRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_p2pfs_v1_WantResponse__Output>;
  
}

export interface PiecesHandlers extends grpc.UntypedServiceImplementation {
  /**
   * What the pieces of a task were when they came here, for whoever gets them from somebody else: those that are finished, others are
   * left out. NOT_FOUND when no such task, or another version of it, is here.
   */
  Manifest: grpc.handleUnaryCall<_p2pfs_v1_ManifestRequest__Output, _p2pfs_v1_ManifestResponse>;
  
  /**
   * Sends blocks of a content, in order, each as soon as it is here; what is missing is fetched from the source once for
   * everybody, before everything that nobody waits for. Headers leave at once. CHANGED (ABORTED) when the source holds another
   * version than the one that is wanted.
   */
  Want: grpc.handleServerStreamingCall<_p2pfs_v1_WantRequest__Output, _p2pfs_v1_WantResponse>;
  
}

export interface PiecesDefinition extends grpc.ServiceDefinition {
  Manifest: MethodDefinition<_p2pfs_v1_ManifestRequest, _p2pfs_v1_ManifestResponse, _p2pfs_v1_ManifestRequest__Output, _p2pfs_v1_ManifestResponse__Output>
  Want: MethodDefinition<_p2pfs_v1_WantRequest, _p2pfs_v1_WantResponse, _p2pfs_v1_WantRequest__Output, _p2pfs_v1_WantResponse__Output>
}
