// Original file: dfdaemon/v2/dfdaemon.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CacheTask as _common_v2_CacheTask, CacheTask__Output as _common_v2_CacheTask__Output } from '../../common/v2/CacheTask.ts';
import type { DeleteCacheTaskRequest as _dfdaemon_v2_DeleteCacheTaskRequest, DeleteCacheTaskRequest__Output as _dfdaemon_v2_DeleteCacheTaskRequest__Output } from '../../dfdaemon/v2/DeleteCacheTaskRequest.ts';
import type { DeletePersistentCacheTaskRequest as _dfdaemon_v2_DeletePersistentCacheTaskRequest, DeletePersistentCacheTaskRequest__Output as _dfdaemon_v2_DeletePersistentCacheTaskRequest__Output } from '../../dfdaemon/v2/DeletePersistentCacheTaskRequest.ts';
import type { DeletePersistentTaskRequest as _dfdaemon_v2_DeletePersistentTaskRequest, DeletePersistentTaskRequest__Output as _dfdaemon_v2_DeletePersistentTaskRequest__Output } from '../../dfdaemon/v2/DeletePersistentTaskRequest.ts';
import type { DeleteTaskRequest as _dfdaemon_v2_DeleteTaskRequest, DeleteTaskRequest__Output as _dfdaemon_v2_DeleteTaskRequest__Output } from '../../dfdaemon/v2/DeleteTaskRequest.ts';
import type { DownloadCachePieceRequest as _dfdaemon_v2_DownloadCachePieceRequest, DownloadCachePieceRequest__Output as _dfdaemon_v2_DownloadCachePieceRequest__Output } from '../../dfdaemon/v2/DownloadCachePieceRequest.ts';
import type { DownloadCachePieceResponse as _dfdaemon_v2_DownloadCachePieceResponse, DownloadCachePieceResponse__Output as _dfdaemon_v2_DownloadCachePieceResponse__Output } from '../../dfdaemon/v2/DownloadCachePieceResponse.ts';
import type { DownloadCacheTaskRequest as _dfdaemon_v2_DownloadCacheTaskRequest, DownloadCacheTaskRequest__Output as _dfdaemon_v2_DownloadCacheTaskRequest__Output } from '../../dfdaemon/v2/DownloadCacheTaskRequest.ts';
import type { DownloadCacheTaskResponse as _dfdaemon_v2_DownloadCacheTaskResponse, DownloadCacheTaskResponse__Output as _dfdaemon_v2_DownloadCacheTaskResponse__Output } from '../../dfdaemon/v2/DownloadCacheTaskResponse.ts';
import type { DownloadPersistentCacheTaskRequest as _dfdaemon_v2_DownloadPersistentCacheTaskRequest, DownloadPersistentCacheTaskRequest__Output as _dfdaemon_v2_DownloadPersistentCacheTaskRequest__Output } from '../../dfdaemon/v2/DownloadPersistentCacheTaskRequest.ts';
import type { DownloadPersistentCacheTaskResponse as _dfdaemon_v2_DownloadPersistentCacheTaskResponse, DownloadPersistentCacheTaskResponse__Output as _dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output } from '../../dfdaemon/v2/DownloadPersistentCacheTaskResponse.ts';
import type { DownloadPersistentTaskRequest as _dfdaemon_v2_DownloadPersistentTaskRequest, DownloadPersistentTaskRequest__Output as _dfdaemon_v2_DownloadPersistentTaskRequest__Output } from '../../dfdaemon/v2/DownloadPersistentTaskRequest.ts';
import type { DownloadPersistentTaskResponse as _dfdaemon_v2_DownloadPersistentTaskResponse, DownloadPersistentTaskResponse__Output as _dfdaemon_v2_DownloadPersistentTaskResponse__Output } from '../../dfdaemon/v2/DownloadPersistentTaskResponse.ts';
import type { DownloadTaskRequest as _dfdaemon_v2_DownloadTaskRequest, DownloadTaskRequest__Output as _dfdaemon_v2_DownloadTaskRequest__Output } from '../../dfdaemon/v2/DownloadTaskRequest.ts';
import type { DownloadTaskResponse as _dfdaemon_v2_DownloadTaskResponse, DownloadTaskResponse__Output as _dfdaemon_v2_DownloadTaskResponse__Output } from '../../dfdaemon/v2/DownloadTaskResponse.ts';
import type { Empty as _google_protobuf_Empty, Empty__Output as _google_protobuf_Empty__Output } from '../../google/protobuf/Empty.ts';
import type { ExchangeIBVerbsQueuePairEndpointRequest as _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, ExchangeIBVerbsQueuePairEndpointRequest__Output as _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest__Output } from '../../dfdaemon/v2/ExchangeIBVerbsQueuePairEndpointRequest.ts';
import type { ExchangeIBVerbsQueuePairEndpointResponse as _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse, ExchangeIBVerbsQueuePairEndpointResponse__Output as _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output } from '../../dfdaemon/v2/ExchangeIBVerbsQueuePairEndpointResponse.ts';
import type { Host as _common_v2_Host, Host__Output as _common_v2_Host__Output } from '../../common/v2/Host.ts';
import type { ListTaskEntriesRequest as _dfdaemon_v2_ListTaskEntriesRequest, ListTaskEntriesRequest__Output as _dfdaemon_v2_ListTaskEntriesRequest__Output } from '../../dfdaemon/v2/ListTaskEntriesRequest.ts';
import type { ListTaskEntriesResponse as _dfdaemon_v2_ListTaskEntriesResponse, ListTaskEntriesResponse__Output as _dfdaemon_v2_ListTaskEntriesResponse__Output } from '../../dfdaemon/v2/ListTaskEntriesResponse.ts';
import type { PersistentCacheTask as _common_v2_PersistentCacheTask, PersistentCacheTask__Output as _common_v2_PersistentCacheTask__Output } from '../../common/v2/PersistentCacheTask.ts';
import type { PersistentTask as _common_v2_PersistentTask, PersistentTask__Output as _common_v2_PersistentTask__Output } from '../../common/v2/PersistentTask.ts';
import type { StatCacheTaskRequest as _dfdaemon_v2_StatCacheTaskRequest, StatCacheTaskRequest__Output as _dfdaemon_v2_StatCacheTaskRequest__Output } from '../../dfdaemon/v2/StatCacheTaskRequest.ts';
import type { StatLocalTaskRequest as _dfdaemon_v2_StatLocalTaskRequest, StatLocalTaskRequest__Output as _dfdaemon_v2_StatLocalTaskRequest__Output } from '../../dfdaemon/v2/StatLocalTaskRequest.ts';
import type { StatLocalTaskResponse as _dfdaemon_v2_StatLocalTaskResponse, StatLocalTaskResponse__Output as _dfdaemon_v2_StatLocalTaskResponse__Output } from '../../dfdaemon/v2/StatLocalTaskResponse.ts';
import type { StatPersistentCacheTaskRequest as _dfdaemon_v2_StatPersistentCacheTaskRequest, StatPersistentCacheTaskRequest__Output as _dfdaemon_v2_StatPersistentCacheTaskRequest__Output } from '../../dfdaemon/v2/StatPersistentCacheTaskRequest.ts';
import type { StatPersistentTaskRequest as _dfdaemon_v2_StatPersistentTaskRequest, StatPersistentTaskRequest__Output as _dfdaemon_v2_StatPersistentTaskRequest__Output } from '../../dfdaemon/v2/StatPersistentTaskRequest.ts';
import type { StatTaskRequest as _dfdaemon_v2_StatTaskRequest, StatTaskRequest__Output as _dfdaemon_v2_StatTaskRequest__Output } from '../../dfdaemon/v2/StatTaskRequest.ts';
import type { SyncCachePiecesRequest as _dfdaemon_v2_SyncCachePiecesRequest, SyncCachePiecesRequest__Output as _dfdaemon_v2_SyncCachePiecesRequest__Output } from '../../dfdaemon/v2/SyncCachePiecesRequest.ts';
import type { SyncCachePiecesResponse as _dfdaemon_v2_SyncCachePiecesResponse, SyncCachePiecesResponse__Output as _dfdaemon_v2_SyncCachePiecesResponse__Output } from '../../dfdaemon/v2/SyncCachePiecesResponse.ts';
import type { SyncHostRequest as _dfdaemon_v2_SyncHostRequest, SyncHostRequest__Output as _dfdaemon_v2_SyncHostRequest__Output } from '../../dfdaemon/v2/SyncHostRequest.ts';
import type { SyncPersistentCachePiecesRequest as _dfdaemon_v2_SyncPersistentCachePiecesRequest, SyncPersistentCachePiecesRequest__Output as _dfdaemon_v2_SyncPersistentCachePiecesRequest__Output } from '../../dfdaemon/v2/SyncPersistentCachePiecesRequest.ts';
import type { SyncPersistentCachePiecesResponse as _dfdaemon_v2_SyncPersistentCachePiecesResponse, SyncPersistentCachePiecesResponse__Output as _dfdaemon_v2_SyncPersistentCachePiecesResponse__Output } from '../../dfdaemon/v2/SyncPersistentCachePiecesResponse.ts';
import type { SyncPersistentPiecesRequest as _dfdaemon_v2_SyncPersistentPiecesRequest, SyncPersistentPiecesRequest__Output as _dfdaemon_v2_SyncPersistentPiecesRequest__Output } from '../../dfdaemon/v2/SyncPersistentPiecesRequest.ts';
import type { SyncPersistentPiecesResponse as _dfdaemon_v2_SyncPersistentPiecesResponse, SyncPersistentPiecesResponse__Output as _dfdaemon_v2_SyncPersistentPiecesResponse__Output } from '../../dfdaemon/v2/SyncPersistentPiecesResponse.ts';
import type { SyncPiecesRequest as _dfdaemon_v2_SyncPiecesRequest, SyncPiecesRequest__Output as _dfdaemon_v2_SyncPiecesRequest__Output } from '../../dfdaemon/v2/SyncPiecesRequest.ts';
import type { SyncPiecesResponse as _dfdaemon_v2_SyncPiecesResponse, SyncPiecesResponse__Output as _dfdaemon_v2_SyncPiecesResponse__Output } from '../../dfdaemon/v2/SyncPiecesResponse.ts';
import type { Task as _common_v2_Task, Task__Output as _common_v2_Task__Output } from '../../common/v2/Task.ts';
import type { UpdatePersistentCacheTaskRequest as _dfdaemon_v2_UpdatePersistentCacheTaskRequest, UpdatePersistentCacheTaskRequest__Output as _dfdaemon_v2_UpdatePersistentCacheTaskRequest__Output } from '../../dfdaemon/v2/UpdatePersistentCacheTaskRequest.ts';
import type { UpdatePersistentTaskRequest as _dfdaemon_v2_UpdatePersistentTaskRequest, UpdatePersistentTaskRequest__Output as _dfdaemon_v2_UpdatePersistentTaskRequest__Output } from '../../dfdaemon/v2/UpdatePersistentTaskRequest.ts';

/**
 * Served to other hosts: peers, schedulers and the manager's jobs. A request that names a local path is refused here.
 */
export interface DfdaemonUploadClient extends grpc.Client {
  DeleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
  DeletePersistentCacheTask(argument: _dfdaemon_v2_DeletePersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeletePersistentCacheTask(argument: _dfdaemon_v2_DeletePersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeletePersistentCacheTask(argument: _dfdaemon_v2_DeletePersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeletePersistentCacheTask(argument: _dfdaemon_v2_DeletePersistentCacheTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deletePersistentCacheTask(argument: _dfdaemon_v2_DeletePersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deletePersistentCacheTask(argument: _dfdaemon_v2_DeletePersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deletePersistentCacheTask(argument: _dfdaemon_v2_DeletePersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deletePersistentCacheTask(argument: _dfdaemon_v2_DeletePersistentCacheTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
  DeletePersistentTask(argument: _dfdaemon_v2_DeletePersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeletePersistentTask(argument: _dfdaemon_v2_DeletePersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeletePersistentTask(argument: _dfdaemon_v2_DeletePersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeletePersistentTask(argument: _dfdaemon_v2_DeletePersistentTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deletePersistentTask(argument: _dfdaemon_v2_DeletePersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deletePersistentTask(argument: _dfdaemon_v2_DeletePersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deletePersistentTask(argument: _dfdaemon_v2_DeletePersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deletePersistentTask(argument: _dfdaemon_v2_DeletePersistentTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
  DeleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
  DownloadCachePiece(argument: _dfdaemon_v2_DownloadCachePieceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_DownloadCachePieceResponse__Output>): grpc.ClientUnaryCall;
  DownloadCachePiece(argument: _dfdaemon_v2_DownloadCachePieceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_DownloadCachePieceResponse__Output>): grpc.ClientUnaryCall;
  DownloadCachePiece(argument: _dfdaemon_v2_DownloadCachePieceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_DownloadCachePieceResponse__Output>): grpc.ClientUnaryCall;
  DownloadCachePiece(argument: _dfdaemon_v2_DownloadCachePieceRequest, callback: grpc.requestCallback<_dfdaemon_v2_DownloadCachePieceResponse__Output>): grpc.ClientUnaryCall;
  downloadCachePiece(argument: _dfdaemon_v2_DownloadCachePieceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_DownloadCachePieceResponse__Output>): grpc.ClientUnaryCall;
  downloadCachePiece(argument: _dfdaemon_v2_DownloadCachePieceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_DownloadCachePieceResponse__Output>): grpc.ClientUnaryCall;
  downloadCachePiece(argument: _dfdaemon_v2_DownloadCachePieceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_DownloadCachePieceResponse__Output>): grpc.ClientUnaryCall;
  downloadCachePiece(argument: _dfdaemon_v2_DownloadCachePieceRequest, callback: grpc.requestCallback<_dfdaemon_v2_DownloadCachePieceResponse__Output>): grpc.ClientUnaryCall;
  
  DownloadCacheTask(argument: _dfdaemon_v2_DownloadCacheTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadCacheTaskResponse__Output>;
  DownloadCacheTask(argument: _dfdaemon_v2_DownloadCacheTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadCacheTaskResponse__Output>;
  downloadCacheTask(argument: _dfdaemon_v2_DownloadCacheTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadCacheTaskResponse__Output>;
  downloadCacheTask(argument: _dfdaemon_v2_DownloadCacheTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadCacheTaskResponse__Output>;
  
  DownloadPersistentCacheTask(argument: _dfdaemon_v2_DownloadPersistentCacheTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output>;
  DownloadPersistentCacheTask(argument: _dfdaemon_v2_DownloadPersistentCacheTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output>;
  downloadPersistentCacheTask(argument: _dfdaemon_v2_DownloadPersistentCacheTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output>;
  downloadPersistentCacheTask(argument: _dfdaemon_v2_DownloadPersistentCacheTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output>;
  
  DownloadPersistentTask(argument: _dfdaemon_v2_DownloadPersistentTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadPersistentTaskResponse__Output>;
  DownloadPersistentTask(argument: _dfdaemon_v2_DownloadPersistentTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadPersistentTaskResponse__Output>;
  downloadPersistentTask(argument: _dfdaemon_v2_DownloadPersistentTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadPersistentTaskResponse__Output>;
  downloadPersistentTask(argument: _dfdaemon_v2_DownloadPersistentTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadPersistentTaskResponse__Output>;
  
  DownloadTask(argument: _dfdaemon_v2_DownloadTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadTaskResponse__Output>;
  DownloadTask(argument: _dfdaemon_v2_DownloadTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadTaskResponse__Output>;
  downloadTask(argument: _dfdaemon_v2_DownloadTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadTaskResponse__Output>;
  downloadTask(argument: _dfdaemon_v2_DownloadTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_DownloadTaskResponse__Output>;
  
  ExchangeIBVerbsQueuePairEndpoint(argument: _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>): grpc.ClientUnaryCall;
  ExchangeIBVerbsQueuePairEndpoint(argument: _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>): grpc.ClientUnaryCall;
  ExchangeIBVerbsQueuePairEndpoint(argument: _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>): grpc.ClientUnaryCall;
  ExchangeIBVerbsQueuePairEndpoint(argument: _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, callback: grpc.requestCallback<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>): grpc.ClientUnaryCall;
  exchangeIbVerbsQueuePairEndpoint(argument: _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>): grpc.ClientUnaryCall;
  exchangeIbVerbsQueuePairEndpoint(argument: _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>): grpc.ClientUnaryCall;
  exchangeIbVerbsQueuePairEndpoint(argument: _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>): grpc.ClientUnaryCall;
  exchangeIbVerbsQueuePairEndpoint(argument: _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, callback: grpc.requestCallback<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>): grpc.ClientUnaryCall;
  
  ListTaskEntries(argument: _dfdaemon_v2_ListTaskEntriesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListTaskEntriesResponse__Output>): grpc.ClientUnaryCall;
  ListTaskEntries(argument: _dfdaemon_v2_ListTaskEntriesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ListTaskEntriesResponse__Output>): grpc.ClientUnaryCall;
  ListTaskEntries(argument: _dfdaemon_v2_ListTaskEntriesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListTaskEntriesResponse__Output>): grpc.ClientUnaryCall;
  ListTaskEntries(argument: _dfdaemon_v2_ListTaskEntriesRequest, callback: grpc.requestCallback<_dfdaemon_v2_ListTaskEntriesResponse__Output>): grpc.ClientUnaryCall;
  listTaskEntries(argument: _dfdaemon_v2_ListTaskEntriesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListTaskEntriesResponse__Output>): grpc.ClientUnaryCall;
  listTaskEntries(argument: _dfdaemon_v2_ListTaskEntriesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ListTaskEntriesResponse__Output>): grpc.ClientUnaryCall;
  listTaskEntries(argument: _dfdaemon_v2_ListTaskEntriesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListTaskEntriesResponse__Output>): grpc.ClientUnaryCall;
  listTaskEntries(argument: _dfdaemon_v2_ListTaskEntriesRequest, callback: grpc.requestCallback<_dfdaemon_v2_ListTaskEntriesResponse__Output>): grpc.ClientUnaryCall;
  
  StatCacheTask(argument: _dfdaemon_v2_StatCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_CacheTask__Output>): grpc.ClientUnaryCall;
  StatCacheTask(argument: _dfdaemon_v2_StatCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_CacheTask__Output>): grpc.ClientUnaryCall;
  StatCacheTask(argument: _dfdaemon_v2_StatCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_CacheTask__Output>): grpc.ClientUnaryCall;
  StatCacheTask(argument: _dfdaemon_v2_StatCacheTaskRequest, callback: grpc.requestCallback<_common_v2_CacheTask__Output>): grpc.ClientUnaryCall;
  statCacheTask(argument: _dfdaemon_v2_StatCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_CacheTask__Output>): grpc.ClientUnaryCall;
  statCacheTask(argument: _dfdaemon_v2_StatCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_CacheTask__Output>): grpc.ClientUnaryCall;
  statCacheTask(argument: _dfdaemon_v2_StatCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_CacheTask__Output>): grpc.ClientUnaryCall;
  statCacheTask(argument: _dfdaemon_v2_StatCacheTaskRequest, callback: grpc.requestCallback<_common_v2_CacheTask__Output>): grpc.ClientUnaryCall;
  
  StatLocalTask(argument: _dfdaemon_v2_StatLocalTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalTask(argument: _dfdaemon_v2_StatLocalTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalTask(argument: _dfdaemon_v2_StatLocalTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalTask(argument: _dfdaemon_v2_StatLocalTaskRequest, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalTask(argument: _dfdaemon_v2_StatLocalTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalTask(argument: _dfdaemon_v2_StatLocalTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalTask(argument: _dfdaemon_v2_StatLocalTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalTask(argument: _dfdaemon_v2_StatLocalTaskRequest, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalTaskResponse__Output>): grpc.ClientUnaryCall;
  
  StatPersistentCacheTask(argument: _dfdaemon_v2_StatPersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  StatPersistentCacheTask(argument: _dfdaemon_v2_StatPersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  StatPersistentCacheTask(argument: _dfdaemon_v2_StatPersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  StatPersistentCacheTask(argument: _dfdaemon_v2_StatPersistentCacheTaskRequest, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  statPersistentCacheTask(argument: _dfdaemon_v2_StatPersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  statPersistentCacheTask(argument: _dfdaemon_v2_StatPersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  statPersistentCacheTask(argument: _dfdaemon_v2_StatPersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  statPersistentCacheTask(argument: _dfdaemon_v2_StatPersistentCacheTaskRequest, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  
  StatPersistentTask(argument: _dfdaemon_v2_StatPersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  StatPersistentTask(argument: _dfdaemon_v2_StatPersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  StatPersistentTask(argument: _dfdaemon_v2_StatPersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  StatPersistentTask(argument: _dfdaemon_v2_StatPersistentTaskRequest, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  statPersistentTask(argument: _dfdaemon_v2_StatPersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  statPersistentTask(argument: _dfdaemon_v2_StatPersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  statPersistentTask(argument: _dfdaemon_v2_StatPersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  statPersistentTask(argument: _dfdaemon_v2_StatPersistentTaskRequest, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  
  StatTask(argument: _dfdaemon_v2_StatTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_Task__Output>): grpc.ClientUnaryCall;
  StatTask(argument: _dfdaemon_v2_StatTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_Task__Output>): grpc.ClientUnaryCall;
  StatTask(argument: _dfdaemon_v2_StatTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_Task__Output>): grpc.ClientUnaryCall;
  StatTask(argument: _dfdaemon_v2_StatTaskRequest, callback: grpc.requestCallback<_common_v2_Task__Output>): grpc.ClientUnaryCall;
  statTask(argument: _dfdaemon_v2_StatTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_Task__Output>): grpc.ClientUnaryCall;
  statTask(argument: _dfdaemon_v2_StatTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_Task__Output>): grpc.ClientUnaryCall;
  statTask(argument: _dfdaemon_v2_StatTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_Task__Output>): grpc.ClientUnaryCall;
  statTask(argument: _dfdaemon_v2_StatTaskRequest, callback: grpc.requestCallback<_common_v2_Task__Output>): grpc.ClientUnaryCall;
  
  SyncCachePieces(argument: _dfdaemon_v2_SyncCachePiecesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncCachePiecesResponse__Output>;
  SyncCachePieces(argument: _dfdaemon_v2_SyncCachePiecesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncCachePiecesResponse__Output>;
  syncCachePieces(argument: _dfdaemon_v2_SyncCachePiecesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncCachePiecesResponse__Output>;
  syncCachePieces(argument: _dfdaemon_v2_SyncCachePiecesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncCachePiecesResponse__Output>;
  
  SyncHost(argument: _dfdaemon_v2_SyncHostRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_common_v2_Host__Output>;
  SyncHost(argument: _dfdaemon_v2_SyncHostRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_common_v2_Host__Output>;
  syncHost(argument: _dfdaemon_v2_SyncHostRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_common_v2_Host__Output>;
  syncHost(argument: _dfdaemon_v2_SyncHostRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_common_v2_Host__Output>;
  
  SyncPersistentCachePieces(argument: _dfdaemon_v2_SyncPersistentCachePiecesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPersistentCachePiecesResponse__Output>;
  SyncPersistentCachePieces(argument: _dfdaemon_v2_SyncPersistentCachePiecesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPersistentCachePiecesResponse__Output>;
  syncPersistentCachePieces(argument: _dfdaemon_v2_SyncPersistentCachePiecesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPersistentCachePiecesResponse__Output>;
  syncPersistentCachePieces(argument: _dfdaemon_v2_SyncPersistentCachePiecesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPersistentCachePiecesResponse__Output>;
  
  SyncPersistentPieces(argument: _dfdaemon_v2_SyncPersistentPiecesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPersistentPiecesResponse__Output>;
  SyncPersistentPieces(argument: _dfdaemon_v2_SyncPersistentPiecesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPersistentPiecesResponse__Output>;
  syncPersistentPieces(argument: _dfdaemon_v2_SyncPersistentPiecesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPersistentPiecesResponse__Output>;
  syncPersistentPieces(argument: _dfdaemon_v2_SyncPersistentPiecesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPersistentPiecesResponse__Output>;
  
  SyncPieces(argument: _dfdaemon_v2_SyncPiecesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPiecesResponse__Output>;
  SyncPieces(argument: _dfdaemon_v2_SyncPiecesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPiecesResponse__Output>;
  syncPieces(argument: _dfdaemon_v2_SyncPiecesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPiecesResponse__Output>;
  syncPieces(argument: _dfdaemon_v2_SyncPiecesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_dfdaemon_v2_SyncPiecesResponse__Output>;
  
  UpdatePersistentCacheTask(argument: _dfdaemon_v2_UpdatePersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  UpdatePersistentCacheTask(argument: _dfdaemon_v2_UpdatePersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  UpdatePersistentCacheTask(argument: _dfdaemon_v2_UpdatePersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  UpdatePersistentCacheTask(argument: _dfdaemon_v2_UpdatePersistentCacheTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  updatePersistentCacheTask(argument: _dfdaemon_v2_UpdatePersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  updatePersistentCacheTask(argument: _dfdaemon_v2_UpdatePersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  updatePersistentCacheTask(argument: _dfdaemon_v2_UpdatePersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  updatePersistentCacheTask(argument: _dfdaemon_v2_UpdatePersistentCacheTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
  UpdatePersistentTask(argument: _dfdaemon_v2_UpdatePersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  UpdatePersistentTask(argument: _dfdaemon_v2_UpdatePersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  UpdatePersistentTask(argument: _dfdaemon_v2_UpdatePersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  UpdatePersistentTask(argument: _dfdaemon_v2_UpdatePersistentTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  updatePersistentTask(argument: _dfdaemon_v2_UpdatePersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  updatePersistentTask(argument: _dfdaemon_v2_UpdatePersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  updatePersistentTask(argument: _dfdaemon_v2_UpdatePersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  updatePersistentTask(argument: _dfdaemon_v2_UpdatePersistentTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Served to other hosts: peers, schedulers and the manager's jobs. A request that names a local path is refused here.
 */
export interface DfdaemonUploadHandlers extends grpc.UntypedServiceImplementation {
  DeleteCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_DeleteCacheTaskRequest__Output, _google_protobuf_Empty>;
  
  DeletePersistentCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_DeletePersistentCacheTaskRequest__Output, _google_protobuf_Empty>;
  
  DeletePersistentTask: grpc.handleUnaryCall<_dfdaemon_v2_DeletePersistentTaskRequest__Output, _google_protobuf_Empty>;
  
  DeleteTask: grpc.handleUnaryCall<_dfdaemon_v2_DeleteTaskRequest__Output, _google_protobuf_Empty>;
  
  DownloadCachePiece: grpc.handleUnaryCall<_dfdaemon_v2_DownloadCachePieceRequest__Output, _dfdaemon_v2_DownloadCachePieceResponse>;
  
  DownloadCacheTask: grpc.handleServerStreamingCall<_dfdaemon_v2_DownloadCacheTaskRequest__Output, _dfdaemon_v2_DownloadCacheTaskResponse>;
  
  DownloadPersistentCacheTask: grpc.handleServerStreamingCall<_dfdaemon_v2_DownloadPersistentCacheTaskRequest__Output, _dfdaemon_v2_DownloadPersistentCacheTaskResponse>;
  
  DownloadPersistentTask: grpc.handleServerStreamingCall<_dfdaemon_v2_DownloadPersistentTaskRequest__Output, _dfdaemon_v2_DownloadPersistentTaskResponse>;
  
  DownloadTask: grpc.handleServerStreamingCall<_dfdaemon_v2_DownloadTaskRequest__Output, _dfdaemon_v2_DownloadTaskResponse>;
  
  ExchangeIBVerbsQueuePairEndpoint: grpc.handleUnaryCall<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest__Output, _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse>;
  
  ListTaskEntries: grpc.handleUnaryCall<_dfdaemon_v2_ListTaskEntriesRequest__Output, _dfdaemon_v2_ListTaskEntriesResponse>;
  
  StatCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_StatCacheTaskRequest__Output, _common_v2_CacheTask>;
  
  StatLocalTask: grpc.handleUnaryCall<_dfdaemon_v2_StatLocalTaskRequest__Output, _dfdaemon_v2_StatLocalTaskResponse>;
  
  StatPersistentCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_StatPersistentCacheTaskRequest__Output, _common_v2_PersistentCacheTask>;
  
  StatPersistentTask: grpc.handleUnaryCall<_dfdaemon_v2_StatPersistentTaskRequest__Output, _common_v2_PersistentTask>;
  
  StatTask: grpc.handleUnaryCall<_dfdaemon_v2_StatTaskRequest__Output, _common_v2_Task>;
  
  SyncCachePieces: grpc.handleServerStreamingCall<_dfdaemon_v2_SyncCachePiecesRequest__Output, _dfdaemon_v2_SyncCachePiecesResponse>;
  
  SyncHost: grpc.handleServerStreamingCall<_dfdaemon_v2_SyncHostRequest__Output, _common_v2_Host>;
  
  SyncPersistentCachePieces: grpc.handleServerStreamingCall<_dfdaemon_v2_SyncPersistentCachePiecesRequest__Output, _dfdaemon_v2_SyncPersistentCachePiecesResponse>;
  
  SyncPersistentPieces: grpc.handleServerStreamingCall<_dfdaemon_v2_SyncPersistentPiecesRequest__Output, _dfdaemon_v2_SyncPersistentPiecesResponse>;
  
  SyncPieces: grpc.handleServerStreamingCall<_dfdaemon_v2_SyncPiecesRequest__Output, _dfdaemon_v2_SyncPiecesResponse>;
  
  UpdatePersistentCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_UpdatePersistentCacheTaskRequest__Output, _google_protobuf_Empty>;
  
  UpdatePersistentTask: grpc.handleUnaryCall<_dfdaemon_v2_UpdatePersistentTaskRequest__Output, _google_protobuf_Empty>;
  
}

export interface DfdaemonUploadDefinition extends grpc.ServiceDefinition {
  DeleteCacheTask: MethodDefinition<_dfdaemon_v2_DeleteCacheTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_DeleteCacheTaskRequest__Output, _google_protobuf_Empty__Output>
  DeletePersistentCacheTask: MethodDefinition<_dfdaemon_v2_DeletePersistentCacheTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_DeletePersistentCacheTaskRequest__Output, _google_protobuf_Empty__Output>
  DeletePersistentTask: MethodDefinition<_dfdaemon_v2_DeletePersistentTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_DeletePersistentTaskRequest__Output, _google_protobuf_Empty__Output>
  DeleteTask: MethodDefinition<_dfdaemon_v2_DeleteTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_DeleteTaskRequest__Output, _google_protobuf_Empty__Output>
  DownloadCachePiece: MethodDefinition<_dfdaemon_v2_DownloadCachePieceRequest, _dfdaemon_v2_DownloadCachePieceResponse, _dfdaemon_v2_DownloadCachePieceRequest__Output, _dfdaemon_v2_DownloadCachePieceResponse__Output>
  DownloadCacheTask: MethodDefinition<_dfdaemon_v2_DownloadCacheTaskRequest, _dfdaemon_v2_DownloadCacheTaskResponse, _dfdaemon_v2_DownloadCacheTaskRequest__Output, _dfdaemon_v2_DownloadCacheTaskResponse__Output>
  DownloadPersistentCacheTask: MethodDefinition<_dfdaemon_v2_DownloadPersistentCacheTaskRequest, _dfdaemon_v2_DownloadPersistentCacheTaskResponse, _dfdaemon_v2_DownloadPersistentCacheTaskRequest__Output, _dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output>
  DownloadPersistentTask: MethodDefinition<_dfdaemon_v2_DownloadPersistentTaskRequest, _dfdaemon_v2_DownloadPersistentTaskResponse, _dfdaemon_v2_DownloadPersistentTaskRequest__Output, _dfdaemon_v2_DownloadPersistentTaskResponse__Output>
  DownloadTask: MethodDefinition<_dfdaemon_v2_DownloadTaskRequest, _dfdaemon_v2_DownloadTaskResponse, _dfdaemon_v2_DownloadTaskRequest__Output, _dfdaemon_v2_DownloadTaskResponse__Output>
  ExchangeIBVerbsQueuePairEndpoint: MethodDefinition<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse, _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest__Output, _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>
  ListTaskEntries: MethodDefinition<_dfdaemon_v2_ListTaskEntriesRequest, _dfdaemon_v2_ListTaskEntriesResponse, _dfdaemon_v2_ListTaskEntriesRequest__Output, _dfdaemon_v2_ListTaskEntriesResponse__Output>
  StatCacheTask: MethodDefinition<_dfdaemon_v2_StatCacheTaskRequest, _common_v2_CacheTask, _dfdaemon_v2_StatCacheTaskRequest__Output, _common_v2_CacheTask__Output>
  StatLocalTask: MethodDefinition<_dfdaemon_v2_StatLocalTaskRequest, _dfdaemon_v2_StatLocalTaskResponse, _dfdaemon_v2_StatLocalTaskRequest__Output, _dfdaemon_v2_StatLocalTaskResponse__Output>
  StatPersistentCacheTask: MethodDefinition<_dfdaemon_v2_StatPersistentCacheTaskRequest, _common_v2_PersistentCacheTask, _dfdaemon_v2_StatPersistentCacheTaskRequest__Output, _common_v2_PersistentCacheTask__Output>
  StatPersistentTask: MethodDefinition<_dfdaemon_v2_StatPersistentTaskRequest, _common_v2_PersistentTask, _dfdaemon_v2_StatPersistentTaskRequest__Output, _common_v2_PersistentTask__Output>
  StatTask: MethodDefinition<_dfdaemon_v2_StatTaskRequest, _common_v2_Task, _dfdaemon_v2_StatTaskRequest__Output, _common_v2_Task__Output>
  SyncCachePieces: MethodDefinition<_dfdaemon_v2_SyncCachePiecesRequest, _dfdaemon_v2_SyncCachePiecesResponse, _dfdaemon_v2_SyncCachePiecesRequest__Output, _dfdaemon_v2_SyncCachePiecesResponse__Output>
  SyncHost: MethodDefinition<_dfdaemon_v2_SyncHostRequest, _common_v2_Host, _dfdaemon_v2_SyncHostRequest__Output, _common_v2_Host__Output>
  SyncPersistentCachePieces: MethodDefinition<_dfdaemon_v2_SyncPersistentCachePiecesRequest, _dfdaemon_v2_SyncPersistentCachePiecesResponse, _dfdaemon_v2_SyncPersistentCachePiecesRequest__Output, _dfdaemon_v2_SyncPersistentCachePiecesResponse__Output>
  SyncPersistentPieces: MethodDefinition<_dfdaemon_v2_SyncPersistentPiecesRequest, _dfdaemon_v2_SyncPersistentPiecesResponse, _dfdaemon_v2_SyncPersistentPiecesRequest__Output, _dfdaemon_v2_SyncPersistentPiecesResponse__Output>
  SyncPieces: MethodDefinition<_dfdaemon_v2_SyncPiecesRequest, _dfdaemon_v2_SyncPiecesResponse, _dfdaemon_v2_SyncPiecesRequest__Output, _dfdaemon_v2_SyncPiecesResponse__Output>
  UpdatePersistentCacheTask: MethodDefinition<_dfdaemon_v2_UpdatePersistentCacheTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_UpdatePersistentCacheTaskRequest__Output, _google_protobuf_Empty__Output>
  UpdatePersistentTask: MethodDefinition<_dfdaemon_v2_UpdatePersistentTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_UpdatePersistentTaskRequest__Output, _google_protobuf_Empty__Output>
}
