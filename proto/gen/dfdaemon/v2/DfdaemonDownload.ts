// Original file: dfdaemon/v2/dfdaemon.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CacheTask as _common_v2_CacheTask, CacheTask__Output as _common_v2_CacheTask__Output } from '../../common/v2/CacheTask.ts';
import type { DeleteCacheTaskRequest as _dfdaemon_v2_DeleteCacheTaskRequest, DeleteCacheTaskRequest__Output as _dfdaemon_v2_DeleteCacheTaskRequest__Output } from '../../dfdaemon/v2/DeleteCacheTaskRequest.ts';
import type { DeleteLocalTaskRequest as _dfdaemon_v2_DeleteLocalTaskRequest, DeleteLocalTaskRequest__Output as _dfdaemon_v2_DeleteLocalTaskRequest__Output } from '../../dfdaemon/v2/DeleteLocalTaskRequest.ts';
import type { DeleteTaskRequest as _dfdaemon_v2_DeleteTaskRequest, DeleteTaskRequest__Output as _dfdaemon_v2_DeleteTaskRequest__Output } from '../../dfdaemon/v2/DeleteTaskRequest.ts';
import type { DownloadCacheTaskRequest as _dfdaemon_v2_DownloadCacheTaskRequest, DownloadCacheTaskRequest__Output as _dfdaemon_v2_DownloadCacheTaskRequest__Output } from '../../dfdaemon/v2/DownloadCacheTaskRequest.ts';
import type { DownloadCacheTaskResponse as _dfdaemon_v2_DownloadCacheTaskResponse, DownloadCacheTaskResponse__Output as _dfdaemon_v2_DownloadCacheTaskResponse__Output } from '../../dfdaemon/v2/DownloadCacheTaskResponse.ts';
import type { DownloadPersistentCacheTaskRequest as _dfdaemon_v2_DownloadPersistentCacheTaskRequest, DownloadPersistentCacheTaskRequest__Output as _dfdaemon_v2_DownloadPersistentCacheTaskRequest__Output } from '../../dfdaemon/v2/DownloadPersistentCacheTaskRequest.ts';
import type { DownloadPersistentCacheTaskResponse as _dfdaemon_v2_DownloadPersistentCacheTaskResponse, DownloadPersistentCacheTaskResponse__Output as _dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output } from '../../dfdaemon/v2/DownloadPersistentCacheTaskResponse.ts';
import type { DownloadPersistentTaskRequest as _dfdaemon_v2_DownloadPersistentTaskRequest, DownloadPersistentTaskRequest__Output as _dfdaemon_v2_DownloadPersistentTaskRequest__Output } from '../../dfdaemon/v2/DownloadPersistentTaskRequest.ts';
import type { DownloadPersistentTaskResponse as _dfdaemon_v2_DownloadPersistentTaskResponse, DownloadPersistentTaskResponse__Output as _dfdaemon_v2_DownloadPersistentTaskResponse__Output } from '../../dfdaemon/v2/DownloadPersistentTaskResponse.ts';
import type { DownloadTaskRequest as _dfdaemon_v2_DownloadTaskRequest, DownloadTaskRequest__Output as _dfdaemon_v2_DownloadTaskRequest__Output } from '../../dfdaemon/v2/DownloadTaskRequest.ts';
import type { DownloadTaskResponse as _dfdaemon_v2_DownloadTaskResponse, DownloadTaskResponse__Output as _dfdaemon_v2_DownloadTaskResponse__Output } from '../../dfdaemon/v2/DownloadTaskResponse.ts';
import type { Empty as _google_protobuf_Empty, Empty__Output as _google_protobuf_Empty__Output } from '../../google/protobuf/Empty.ts';
import type { ListLocalPersistentCacheTasksRequest as _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, ListLocalPersistentCacheTasksRequest__Output as _dfdaemon_v2_ListLocalPersistentCacheTasksRequest__Output } from '../../dfdaemon/v2/ListLocalPersistentCacheTasksRequest.ts';
import type { ListLocalPersistentCacheTasksResponse as _dfdaemon_v2_ListLocalPersistentCacheTasksResponse, ListLocalPersistentCacheTasksResponse__Output as _dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output } from '../../dfdaemon/v2/ListLocalPersistentCacheTasksResponse.ts';
import type { ListLocalPersistentTasksRequest as _dfdaemon_v2_ListLocalPersistentTasksRequest, ListLocalPersistentTasksRequest__Output as _dfdaemon_v2_ListLocalPersistentTasksRequest__Output } from '../../dfdaemon/v2/ListLocalPersistentTasksRequest.ts';
import type { ListLocalPersistentTasksResponse as _dfdaemon_v2_ListLocalPersistentTasksResponse, ListLocalPersistentTasksResponse__Output as _dfdaemon_v2_ListLocalPersistentTasksResponse__Output } from '../../dfdaemon/v2/ListLocalPersistentTasksResponse.ts';
import type { ListLocalTasksRequest as _dfdaemon_v2_ListLocalTasksRequest, ListLocalTasksRequest__Output as _dfdaemon_v2_ListLocalTasksRequest__Output } from '../../dfdaemon/v2/ListLocalTasksRequest.ts';
import type { ListLocalTasksResponse as _dfdaemon_v2_ListLocalTasksResponse, ListLocalTasksResponse__Output as _dfdaemon_v2_ListLocalTasksResponse__Output } from '../../dfdaemon/v2/ListLocalTasksResponse.ts';
import type { ListTaskEntriesRequest as _dfdaemon_v2_ListTaskEntriesRequest, ListTaskEntriesRequest__Output as _dfdaemon_v2_ListTaskEntriesRequest__Output } from '../../dfdaemon/v2/ListTaskEntriesRequest.ts';
import type { ListTaskEntriesResponse as _dfdaemon_v2_ListTaskEntriesResponse, ListTaskEntriesResponse__Output as _dfdaemon_v2_ListTaskEntriesResponse__Output } from '../../dfdaemon/v2/ListTaskEntriesResponse.ts';
import type { PersistentCacheTask as _common_v2_PersistentCacheTask, PersistentCacheTask__Output as _common_v2_PersistentCacheTask__Output } from '../../common/v2/PersistentCacheTask.ts';
import type { PersistentTask as _common_v2_PersistentTask, PersistentTask__Output as _common_v2_PersistentTask__Output } from '../../common/v2/PersistentTask.ts';
import type { StatCacheTaskRequest as _dfdaemon_v2_StatCacheTaskRequest, StatCacheTaskRequest__Output as _dfdaemon_v2_StatCacheTaskRequest__Output } from '../../dfdaemon/v2/StatCacheTaskRequest.ts';
import type { StatLocalPersistentCacheTaskRequest as _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, StatLocalPersistentCacheTaskRequest__Output as _dfdaemon_v2_StatLocalPersistentCacheTaskRequest__Output } from '../../dfdaemon/v2/StatLocalPersistentCacheTaskRequest.ts';
import type { StatLocalPersistentCacheTaskResponse as _dfdaemon_v2_StatLocalPersistentCacheTaskResponse, StatLocalPersistentCacheTaskResponse__Output as _dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output } from '../../dfdaemon/v2/StatLocalPersistentCacheTaskResponse.ts';
import type { StatLocalPersistentTaskRequest as _dfdaemon_v2_StatLocalPersistentTaskRequest, StatLocalPersistentTaskRequest__Output as _dfdaemon_v2_StatLocalPersistentTaskRequest__Output } from '../../dfdaemon/v2/StatLocalPersistentTaskRequest.ts';
import type { StatLocalPersistentTaskResponse as _dfdaemon_v2_StatLocalPersistentTaskResponse, StatLocalPersistentTaskResponse__Output as _dfdaemon_v2_StatLocalPersistentTaskResponse__Output } from '../../dfdaemon/v2/StatLocalPersistentTaskResponse.ts';
import type { StatLocalTaskRequest as _dfdaemon_v2_StatLocalTaskRequest, StatLocalTaskRequest__Output as _dfdaemon_v2_StatLocalTaskRequest__Output } from '../../dfdaemon/v2/StatLocalTaskRequest.ts';
import type { StatLocalTaskResponse as _dfdaemon_v2_StatLocalTaskResponse, StatLocalTaskResponse__Output as _dfdaemon_v2_StatLocalTaskResponse__Output } from '../../dfdaemon/v2/StatLocalTaskResponse.ts';
import type { StatPersistentCacheTaskRequest as _dfdaemon_v2_StatPersistentCacheTaskRequest, StatPersistentCacheTaskRequest__Output as _dfdaemon_v2_StatPersistentCacheTaskRequest__Output } from '../../dfdaemon/v2/StatPersistentCacheTaskRequest.ts';
import type { StatPersistentTaskRequest as _dfdaemon_v2_StatPersistentTaskRequest, StatPersistentTaskRequest__Output as _dfdaemon_v2_StatPersistentTaskRequest__Output } from '../../dfdaemon/v2/StatPersistentTaskRequest.ts';
import type { StatTaskRequest as _dfdaemon_v2_StatTaskRequest, StatTaskRequest__Output as _dfdaemon_v2_StatTaskRequest__Output } from '../../dfdaemon/v2/StatTaskRequest.ts';
import type { Task as _common_v2_Task, Task__Output as _common_v2_Task__Output } from '../../common/v2/Task.ts';
import type { UploadPersistentCacheTaskRequest as _dfdaemon_v2_UploadPersistentCacheTaskRequest, UploadPersistentCacheTaskRequest__Output as _dfdaemon_v2_UploadPersistentCacheTaskRequest__Output } from '../../dfdaemon/v2/UploadPersistentCacheTaskRequest.ts';
import type { UploadPersistentTaskRequest as _dfdaemon_v2_UploadPersistentTaskRequest, UploadPersistentTaskRequest__Output as _dfdaemon_v2_UploadPersistentTaskRequest__Output } from '../../dfdaemon/v2/UploadPersistentTaskRequest.ts';

/**
 * Served on the Unix socket to programs of this host, such as dfget and dfcache.
 */
export interface DfdaemonDownloadClient extends grpc.Client {
  DeleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteCacheTask(argument: _dfdaemon_v2_DeleteCacheTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
  DeleteHost(argument: _google_protobuf_Empty, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteHost(argument: _google_protobuf_Empty, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteHost(argument: _google_protobuf_Empty, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteHost(argument: _google_protobuf_Empty, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteHost(argument: _google_protobuf_Empty, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteHost(argument: _google_protobuf_Empty, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteHost(argument: _google_protobuf_Empty, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteHost(argument: _google_protobuf_Empty, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
  DeleteLocalTask(argument: _dfdaemon_v2_DeleteLocalTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteLocalTask(argument: _dfdaemon_v2_DeleteLocalTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteLocalTask(argument: _dfdaemon_v2_DeleteLocalTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteLocalTask(argument: _dfdaemon_v2_DeleteLocalTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteLocalTask(argument: _dfdaemon_v2_DeleteLocalTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteLocalTask(argument: _dfdaemon_v2_DeleteLocalTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteLocalTask(argument: _dfdaemon_v2_DeleteLocalTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteLocalTask(argument: _dfdaemon_v2_DeleteLocalTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
  DeleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _dfdaemon_v2_DeleteTaskRequest, callback: grpc.requestCallback<_google_protobuf_Empty__Output>): grpc.ClientUnaryCall;
  
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
  
  ListLocalPersistentCacheTasks(argument: _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalPersistentCacheTasks(argument: _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalPersistentCacheTasks(argument: _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalPersistentCacheTasks(argument: _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalPersistentCacheTasks(argument: _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalPersistentCacheTasks(argument: _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalPersistentCacheTasks(argument: _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalPersistentCacheTasks(argument: _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>): grpc.ClientUnaryCall;
  
  ListLocalPersistentTasks(argument: _dfdaemon_v2_ListLocalPersistentTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalPersistentTasks(argument: _dfdaemon_v2_ListLocalPersistentTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalPersistentTasks(argument: _dfdaemon_v2_ListLocalPersistentTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalPersistentTasks(argument: _dfdaemon_v2_ListLocalPersistentTasksRequest, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalPersistentTasks(argument: _dfdaemon_v2_ListLocalPersistentTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalPersistentTasks(argument: _dfdaemon_v2_ListLocalPersistentTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalPersistentTasks(argument: _dfdaemon_v2_ListLocalPersistentTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalPersistentTasks(argument: _dfdaemon_v2_ListLocalPersistentTasksRequest, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalPersistentTasksResponse__Output>): grpc.ClientUnaryCall;
  
  ListLocalTasks(argument: _dfdaemon_v2_ListLocalTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalTasks(argument: _dfdaemon_v2_ListLocalTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalTasks(argument: _dfdaemon_v2_ListLocalTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalTasksResponse__Output>): grpc.ClientUnaryCall;
  ListLocalTasks(argument: _dfdaemon_v2_ListLocalTasksRequest, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalTasks(argument: _dfdaemon_v2_ListLocalTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalTasks(argument: _dfdaemon_v2_ListLocalTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalTasks(argument: _dfdaemon_v2_ListLocalTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalTasksResponse__Output>): grpc.ClientUnaryCall;
  listLocalTasks(argument: _dfdaemon_v2_ListLocalTasksRequest, callback: grpc.requestCallback<_dfdaemon_v2_ListLocalTasksResponse__Output>): grpc.ClientUnaryCall;
  
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
  
  StatLocalPersistentCacheTask(argument: _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalPersistentCacheTask(argument: _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalPersistentCacheTask(argument: _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalPersistentCacheTask(argument: _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalPersistentCacheTask(argument: _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalPersistentCacheTask(argument: _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalPersistentCacheTask(argument: _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalPersistentCacheTask(argument: _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>): grpc.ClientUnaryCall;
  
  StatLocalPersistentTask(argument: _dfdaemon_v2_StatLocalPersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalPersistentTask(argument: _dfdaemon_v2_StatLocalPersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalPersistentTask(argument: _dfdaemon_v2_StatLocalPersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentTaskResponse__Output>): grpc.ClientUnaryCall;
  StatLocalPersistentTask(argument: _dfdaemon_v2_StatLocalPersistentTaskRequest, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalPersistentTask(argument: _dfdaemon_v2_StatLocalPersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalPersistentTask(argument: _dfdaemon_v2_StatLocalPersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalPersistentTask(argument: _dfdaemon_v2_StatLocalPersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentTaskResponse__Output>): grpc.ClientUnaryCall;
  statLocalPersistentTask(argument: _dfdaemon_v2_StatLocalPersistentTaskRequest, callback: grpc.requestCallback<_dfdaemon_v2_StatLocalPersistentTaskResponse__Output>): grpc.ClientUnaryCall;
  
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
  
  UploadPersistentCacheTask(argument: _dfdaemon_v2_UploadPersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  UploadPersistentCacheTask(argument: _dfdaemon_v2_UploadPersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  UploadPersistentCacheTask(argument: _dfdaemon_v2_UploadPersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  UploadPersistentCacheTask(argument: _dfdaemon_v2_UploadPersistentCacheTaskRequest, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  uploadPersistentCacheTask(argument: _dfdaemon_v2_UploadPersistentCacheTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  uploadPersistentCacheTask(argument: _dfdaemon_v2_UploadPersistentCacheTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  uploadPersistentCacheTask(argument: _dfdaemon_v2_UploadPersistentCacheTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  uploadPersistentCacheTask(argument: _dfdaemon_v2_UploadPersistentCacheTaskRequest, callback: grpc.requestCallback<_common_v2_PersistentCacheTask__Output>): grpc.ClientUnaryCall;
  
  UploadPersistentTask(argument: _dfdaemon_v2_UploadPersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  UploadPersistentTask(argument: _dfdaemon_v2_UploadPersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  UploadPersistentTask(argument: _dfdaemon_v2_UploadPersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  UploadPersistentTask(argument: _dfdaemon_v2_UploadPersistentTaskRequest, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  uploadPersistentTask(argument: _dfdaemon_v2_UploadPersistentTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  uploadPersistentTask(argument: _dfdaemon_v2_UploadPersistentTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  uploadPersistentTask(argument: _dfdaemon_v2_UploadPersistentTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  uploadPersistentTask(argument: _dfdaemon_v2_UploadPersistentTaskRequest, callback: grpc.requestCallback<_common_v2_PersistentTask__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Served on the Unix socket to programs of this host, such as dfget and dfcache.
 */
export interface DfdaemonDownloadHandlers extends grpc.UntypedServiceImplementation {
  DeleteCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_DeleteCacheTaskRequest__Output, _google_protobuf_Empty>;
  
  DeleteHost: grpc.handleUnaryCall<_google_protobuf_Empty__Output, _google_protobuf_Empty>;
  
  DeleteLocalTask: grpc.handleUnaryCall<_dfdaemon_v2_DeleteLocalTaskRequest__Output, _google_protobuf_Empty>;
  
  DeleteTask: grpc.handleUnaryCall<_dfdaemon_v2_DeleteTaskRequest__Output, _google_protobuf_Empty>;
  
  DownloadCacheTask: grpc.handleServerStreamingCall<_dfdaemon_v2_DownloadCacheTaskRequest__Output, _dfdaemon_v2_DownloadCacheTaskResponse>;
  
  DownloadPersistentCacheTask: grpc.handleServerStreamingCall<_dfdaemon_v2_DownloadPersistentCacheTaskRequest__Output, _dfdaemon_v2_DownloadPersistentCacheTaskResponse>;
  
  DownloadPersistentTask: grpc.handleServerStreamingCall<_dfdaemon_v2_DownloadPersistentTaskRequest__Output, _dfdaemon_v2_DownloadPersistentTaskResponse>;
  
  DownloadTask: grpc.handleServerStreamingCall<_dfdaemon_v2_DownloadTaskRequest__Output, _dfdaemon_v2_DownloadTaskResponse>;
  
  ListLocalPersistentCacheTasks: grpc.handleUnaryCall<_dfdaemon_v2_ListLocalPersistentCacheTasksRequest__Output, _dfdaemon_v2_ListLocalPersistentCacheTasksResponse>;
  
  ListLocalPersistentTasks: grpc.handleUnaryCall<_dfdaemon_v2_ListLocalPersistentTasksRequest__Output, _dfdaemon_v2_ListLocalPersistentTasksResponse>;
  
  ListLocalTasks: grpc.handleUnaryCall<_dfdaemon_v2_ListLocalTasksRequest__Output, _dfdaemon_v2_ListLocalTasksResponse>;
  
  ListTaskEntries: grpc.handleUnaryCall<_dfdaemon_v2_ListTaskEntriesRequest__Output, _dfdaemon_v2_ListTaskEntriesResponse>;
  
  StatCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_StatCacheTaskRequest__Output, _common_v2_CacheTask>;
  
  StatLocalPersistentCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_StatLocalPersistentCacheTaskRequest__Output, _dfdaemon_v2_StatLocalPersistentCacheTaskResponse>;
  
  StatLocalPersistentTask: grpc.handleUnaryCall<_dfdaemon_v2_StatLocalPersistentTaskRequest__Output, _dfdaemon_v2_StatLocalPersistentTaskResponse>;
  
  StatLocalTask: grpc.handleUnaryCall<_dfdaemon_v2_StatLocalTaskRequest__Output, _dfdaemon_v2_StatLocalTaskResponse>;
  
  StatPersistentCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_StatPersistentCacheTaskRequest__Output, _common_v2_PersistentCacheTask>;
  
  StatPersistentTask: grpc.handleUnaryCall<_dfdaemon_v2_StatPersistentTaskRequest__Output, _common_v2_PersistentTask>;
  
  StatTask: grpc.handleUnaryCall<_dfdaemon_v2_StatTaskRequest__Output, _common_v2_Task>;
  
  UploadPersistentCacheTask: grpc.handleUnaryCall<_dfdaemon_v2_UploadPersistentCacheTaskRequest__Output, _common_v2_PersistentCacheTask>;
  
  UploadPersistentTask: grpc.handleUnaryCall<_dfdaemon_v2_UploadPersistentTaskRequest__Output, _common_v2_PersistentTask>;
  
}

export interface DfdaemonDownloadDefinition extends grpc.ServiceDefinition {
  DeleteCacheTask: MethodDefinition<_dfdaemon_v2_DeleteCacheTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_DeleteCacheTaskRequest__Output, _google_protobuf_Empty__Output>
  DeleteHost: MethodDefinition<_google_protobuf_Empty, _google_protobuf_Empty, _google_protobuf_Empty__Output, _google_protobuf_Empty__Output>
  DeleteLocalTask: MethodDefinition<_dfdaemon_v2_DeleteLocalTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_DeleteLocalTaskRequest__Output, _google_protobuf_Empty__Output>
  DeleteTask: MethodDefinition<_dfdaemon_v2_DeleteTaskRequest, _google_protobuf_Empty, _dfdaemon_v2_DeleteTaskRequest__Output, _google_protobuf_Empty__Output>
  DownloadCacheTask: MethodDefinition<_dfdaemon_v2_DownloadCacheTaskRequest, _dfdaemon_v2_DownloadCacheTaskResponse, _dfdaemon_v2_DownloadCacheTaskRequest__Output, _dfdaemon_v2_DownloadCacheTaskResponse__Output>
  DownloadPersistentCacheTask: MethodDefinition<_dfdaemon_v2_DownloadPersistentCacheTaskRequest, _dfdaemon_v2_DownloadPersistentCacheTaskResponse, _dfdaemon_v2_DownloadPersistentCacheTaskRequest__Output, _dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output>
  DownloadPersistentTask: MethodDefinition<_dfdaemon_v2_DownloadPersistentTaskRequest, _dfdaemon_v2_DownloadPersistentTaskResponse, _dfdaemon_v2_DownloadPersistentTaskRequest__Output, _dfdaemon_v2_DownloadPersistentTaskResponse__Output>
  DownloadTask: MethodDefinition<_dfdaemon_v2_DownloadTaskRequest, _dfdaemon_v2_DownloadTaskResponse, _dfdaemon_v2_DownloadTaskRequest__Output, _dfdaemon_v2_DownloadTaskResponse__Output>
  ListLocalPersistentCacheTasks: MethodDefinition<_dfdaemon_v2_ListLocalPersistentCacheTasksRequest, _dfdaemon_v2_ListLocalPersistentCacheTasksResponse, _dfdaemon_v2_ListLocalPersistentCacheTasksRequest__Output, _dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>
  ListLocalPersistentTasks: MethodDefinition<_dfdaemon_v2_ListLocalPersistentTasksRequest, _dfdaemon_v2_ListLocalPersistentTasksResponse, _dfdaemon_v2_ListLocalPersistentTasksRequest__Output, _dfdaemon_v2_ListLocalPersistentTasksResponse__Output>
  ListLocalTasks: MethodDefinition<_dfdaemon_v2_ListLocalTasksRequest, _dfdaemon_v2_ListLocalTasksResponse, _dfdaemon_v2_ListLocalTasksRequest__Output, _dfdaemon_v2_ListLocalTasksResponse__Output>
  ListTaskEntries: MethodDefinition<_dfdaemon_v2_ListTaskEntriesRequest, _dfdaemon_v2_ListTaskEntriesResponse, _dfdaemon_v2_ListTaskEntriesRequest__Output, _dfdaemon_v2_ListTaskEntriesResponse__Output>
  StatCacheTask: MethodDefinition<_dfdaemon_v2_StatCacheTaskRequest, _common_v2_CacheTask, _dfdaemon_v2_StatCacheTaskRequest__Output, _common_v2_CacheTask__Output>
  StatLocalPersistentCacheTask: MethodDefinition<_dfdaemon_v2_StatLocalPersistentCacheTaskRequest, _dfdaemon_v2_StatLocalPersistentCacheTaskResponse, _dfdaemon_v2_StatLocalPersistentCacheTaskRequest__Output, _dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>
  StatLocalPersistentTask: MethodDefinition<_dfdaemon_v2_StatLocalPersistentTaskRequest, _dfdaemon_v2_StatLocalPersistentTaskResponse, _dfdaemon_v2_StatLocalPersistentTaskRequest__Output, _dfdaemon_v2_StatLocalPersistentTaskResponse__Output>
  StatLocalTask: MethodDefinition<_dfdaemon_v2_StatLocalTaskRequest, _dfdaemon_v2_StatLocalTaskResponse, _dfdaemon_v2_StatLocalTaskRequest__Output, _dfdaemon_v2_StatLocalTaskResponse__Output>
  StatPersistentCacheTask: MethodDefinition<_dfdaemon_v2_StatPersistentCacheTaskRequest, _common_v2_PersistentCacheTask, _dfdaemon_v2_StatPersistentCacheTaskRequest__Output, _common_v2_PersistentCacheTask__Output>
  StatPersistentTask: MethodDefinition<_dfdaemon_v2_StatPersistentTaskRequest, _common_v2_PersistentTask, _dfdaemon_v2_StatPersistentTaskRequest__Output, _common_v2_PersistentTask__Output>
  StatTask: MethodDefinition<_dfdaemon_v2_StatTaskRequest, _common_v2_Task, _dfdaemon_v2_StatTaskRequest__Output, _common_v2_Task__Output>
  UploadPersistentCacheTask: MethodDefinition<_dfdaemon_v2_UploadPersistentCacheTaskRequest, _common_v2_PersistentCacheTask, _dfdaemon_v2_UploadPersistentCacheTaskRequest__Output, _common_v2_PersistentCacheTask__Output>
  UploadPersistentTask: MethodDefinition<_dfdaemon_v2_UploadPersistentTaskRequest, _common_v2_PersistentTask, _dfdaemon_v2_UploadPersistentTaskRequest__Output, _common_v2_PersistentTask__Output>
}
