import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Build as _common_v2_Build, Build__Output as _common_v2_Build__Output } from './common/v2/Build.ts';
import type { CPU as _common_v2_CPU, CPU__Output as _common_v2_CPU__Output } from './common/v2/CPU.ts';
import type { CPUTimes as _common_v2_CPUTimes, CPUTimes__Output as _common_v2_CPUTimes__Output } from './common/v2/CPUTimes.ts';
import type { CachePeer as _common_v2_CachePeer, CachePeer__Output as _common_v2_CachePeer__Output } from './common/v2/CachePeer.ts';
import type { CacheTask as _common_v2_CacheTask, CacheTask__Output as _common_v2_CacheTask__Output } from './common/v2/CacheTask.ts';
import type { CgroupCPU as _common_v2_CgroupCPU, CgroupCPU__Output as _common_v2_CgroupCPU__Output } from './common/v2/CgroupCPU.ts';
import type { CgroupDisk as _common_v2_CgroupDisk, CgroupDisk__Output as _common_v2_CgroupDisk__Output } from './common/v2/CgroupDisk.ts';
import type { CgroupMemory as _common_v2_CgroupMemory, CgroupMemory__Output as _common_v2_CgroupMemory__Output } from './common/v2/CgroupMemory.ts';
import type { Disk as _common_v2_Disk, Disk__Output as _common_v2_Disk__Output } from './common/v2/Disk.ts';
import type { Download as _common_v2_Download, Download__Output as _common_v2_Download__Output } from './common/v2/Download.ts';
import type { HDFS as _common_v2_HDFS, HDFS__Output as _common_v2_HDFS__Output } from './common/v2/HDFS.ts';
import type { Host as _common_v2_Host, Host__Output as _common_v2_Host__Output } from './common/v2/Host.ts';
import type { HuggingFace as _common_v2_HuggingFace, HuggingFace__Output as _common_v2_HuggingFace__Output } from './common/v2/HuggingFace.ts';
import type { Memory as _common_v2_Memory, Memory__Output as _common_v2_Memory__Output } from './common/v2/Memory.ts';
import type { ModelScope as _common_v2_ModelScope, ModelScope__Output as _common_v2_ModelScope__Output } from './common/v2/ModelScope.ts';
import type { Network as _common_v2_Network, Network__Output as _common_v2_Network__Output } from './common/v2/Network.ts';
import type { ObjectStorage as _common_v2_ObjectStorage, ObjectStorage__Output as _common_v2_ObjectStorage__Output } from './common/v2/ObjectStorage.ts';
import type { Peer as _common_v2_Peer, Peer__Output as _common_v2_Peer__Output } from './common/v2/Peer.ts';
import type { PersistentCachePeer as _common_v2_PersistentCachePeer, PersistentCachePeer__Output as _common_v2_PersistentCachePeer__Output } from './common/v2/PersistentCachePeer.ts';
import type { PersistentCacheTask as _common_v2_PersistentCacheTask, PersistentCacheTask__Output as _common_v2_PersistentCacheTask__Output } from './common/v2/PersistentCacheTask.ts';
import type { PersistentPeer as _common_v2_PersistentPeer, PersistentPeer__Output as _common_v2_PersistentPeer__Output } from './common/v2/PersistentPeer.ts';
import type { PersistentTask as _common_v2_PersistentTask, PersistentTask__Output as _common_v2_PersistentTask__Output } from './common/v2/PersistentTask.ts';
import type { Piece as _common_v2_Piece, Piece__Output as _common_v2_Piece__Output } from './common/v2/Piece.ts';
import type { Range as _common_v2_Range, Range__Output as _common_v2_Range__Output } from './common/v2/Range.ts';
import type { Task as _common_v2_Task, Task__Output as _common_v2_Task__Output } from './common/v2/Task.ts';
import type { DeleteCacheTaskRequest as _dfdaemon_v2_DeleteCacheTaskRequest, DeleteCacheTaskRequest__Output as _dfdaemon_v2_DeleteCacheTaskRequest__Output } from './dfdaemon/v2/DeleteCacheTaskRequest.ts';
import type { DeleteLocalTaskRequest as _dfdaemon_v2_DeleteLocalTaskRequest, DeleteLocalTaskRequest__Output as _dfdaemon_v2_DeleteLocalTaskRequest__Output } from './dfdaemon/v2/DeleteLocalTaskRequest.ts';
import type { DeletePersistentCacheTaskRequest as _dfdaemon_v2_DeletePersistentCacheTaskRequest, DeletePersistentCacheTaskRequest__Output as _dfdaemon_v2_DeletePersistentCacheTaskRequest__Output } from './dfdaemon/v2/DeletePersistentCacheTaskRequest.ts';
import type { DeletePersistentTaskRequest as _dfdaemon_v2_DeletePersistentTaskRequest, DeletePersistentTaskRequest__Output as _dfdaemon_v2_DeletePersistentTaskRequest__Output } from './dfdaemon/v2/DeletePersistentTaskRequest.ts';
import type { DeleteTaskRequest as _dfdaemon_v2_DeleteTaskRequest, DeleteTaskRequest__Output as _dfdaemon_v2_DeleteTaskRequest__Output } from './dfdaemon/v2/DeleteTaskRequest.ts';
import type { DfdaemonDownloadClient as _dfdaemon_v2_DfdaemonDownloadClient, DfdaemonDownloadDefinition as _dfdaemon_v2_DfdaemonDownloadDefinition } from './dfdaemon/v2/DfdaemonDownload.ts';
import type { DfdaemonUploadClient as _dfdaemon_v2_DfdaemonUploadClient, DfdaemonUploadDefinition as _dfdaemon_v2_DfdaemonUploadDefinition } from './dfdaemon/v2/DfdaemonUpload.ts';
import type { DownloadCachePieceRequest as _dfdaemon_v2_DownloadCachePieceRequest, DownloadCachePieceRequest__Output as _dfdaemon_v2_DownloadCachePieceRequest__Output } from './dfdaemon/v2/DownloadCachePieceRequest.ts';
import type { DownloadCachePieceResponse as _dfdaemon_v2_DownloadCachePieceResponse, DownloadCachePieceResponse__Output as _dfdaemon_v2_DownloadCachePieceResponse__Output } from './dfdaemon/v2/DownloadCachePieceResponse.ts';
import type { DownloadCacheTaskRequest as _dfdaemon_v2_DownloadCacheTaskRequest, DownloadCacheTaskRequest__Output as _dfdaemon_v2_DownloadCacheTaskRequest__Output } from './dfdaemon/v2/DownloadCacheTaskRequest.ts';
import type { DownloadCacheTaskResponse as _dfdaemon_v2_DownloadCacheTaskResponse, DownloadCacheTaskResponse__Output as _dfdaemon_v2_DownloadCacheTaskResponse__Output } from './dfdaemon/v2/DownloadCacheTaskResponse.ts';
import type { DownloadCacheTaskStartedResponse as _dfdaemon_v2_DownloadCacheTaskStartedResponse, DownloadCacheTaskStartedResponse__Output as _dfdaemon_v2_DownloadCacheTaskStartedResponse__Output } from './dfdaemon/v2/DownloadCacheTaskStartedResponse.ts';
import type { DownloadPersistentCacheTaskRequest as _dfdaemon_v2_DownloadPersistentCacheTaskRequest, DownloadPersistentCacheTaskRequest__Output as _dfdaemon_v2_DownloadPersistentCacheTaskRequest__Output } from './dfdaemon/v2/DownloadPersistentCacheTaskRequest.ts';
import type { DownloadPersistentCacheTaskResponse as _dfdaemon_v2_DownloadPersistentCacheTaskResponse, DownloadPersistentCacheTaskResponse__Output as _dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output } from './dfdaemon/v2/DownloadPersistentCacheTaskResponse.ts';
import type { DownloadPersistentCacheTaskStartedResponse as _dfdaemon_v2_DownloadPersistentCacheTaskStartedResponse, DownloadPersistentCacheTaskStartedResponse__Output as _dfdaemon_v2_DownloadPersistentCacheTaskStartedResponse__Output } from './dfdaemon/v2/DownloadPersistentCacheTaskStartedResponse.ts';
import type { DownloadPersistentTaskRequest as _dfdaemon_v2_DownloadPersistentTaskRequest, DownloadPersistentTaskRequest__Output as _dfdaemon_v2_DownloadPersistentTaskRequest__Output } from './dfdaemon/v2/DownloadPersistentTaskRequest.ts';
import type { DownloadPersistentTaskResponse as _dfdaemon_v2_DownloadPersistentTaskResponse, DownloadPersistentTaskResponse__Output as _dfdaemon_v2_DownloadPersistentTaskResponse__Output } from './dfdaemon/v2/DownloadPersistentTaskResponse.ts';
import type { DownloadPersistentTaskStartedResponse as _dfdaemon_v2_DownloadPersistentTaskStartedResponse, DownloadPersistentTaskStartedResponse__Output as _dfdaemon_v2_DownloadPersistentTaskStartedResponse__Output } from './dfdaemon/v2/DownloadPersistentTaskStartedResponse.ts';
import type { DownloadPieceFinishedResponse as _dfdaemon_v2_DownloadPieceFinishedResponse, DownloadPieceFinishedResponse__Output as _dfdaemon_v2_DownloadPieceFinishedResponse__Output } from './dfdaemon/v2/DownloadPieceFinishedResponse.ts';
import type { DownloadTaskRequest as _dfdaemon_v2_DownloadTaskRequest, DownloadTaskRequest__Output as _dfdaemon_v2_DownloadTaskRequest__Output } from './dfdaemon/v2/DownloadTaskRequest.ts';
import type { DownloadTaskResponse as _dfdaemon_v2_DownloadTaskResponse, DownloadTaskResponse__Output as _dfdaemon_v2_DownloadTaskResponse__Output } from './dfdaemon/v2/DownloadTaskResponse.ts';
import type { DownloadTaskStartedResponse as _dfdaemon_v2_DownloadTaskStartedResponse, DownloadTaskStartedResponse__Output as _dfdaemon_v2_DownloadTaskStartedResponse__Output } from './dfdaemon/v2/DownloadTaskStartedResponse.ts';
import type { Entry as _dfdaemon_v2_Entry, Entry__Output as _dfdaemon_v2_Entry__Output } from './dfdaemon/v2/Entry.ts';
import type { ExchangeIBVerbsQueuePairEndpointRequest as _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, ExchangeIBVerbsQueuePairEndpointRequest__Output as _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest__Output } from './dfdaemon/v2/ExchangeIBVerbsQueuePairEndpointRequest.ts';
import type { ExchangeIBVerbsQueuePairEndpointResponse as _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse, ExchangeIBVerbsQueuePairEndpointResponse__Output as _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output } from './dfdaemon/v2/ExchangeIBVerbsQueuePairEndpointResponse.ts';
import type { IBVerbsQueuePairEndpoint as _dfdaemon_v2_IBVerbsQueuePairEndpoint, IBVerbsQueuePairEndpoint__Output as _dfdaemon_v2_IBVerbsQueuePairEndpoint__Output } from './dfdaemon/v2/IBVerbsQueuePairEndpoint.ts';
import type { ListLocalPersistentCacheTasksRequest as _dfdaemon_v2_ListLocalPersistentCacheTasksRequest, ListLocalPersistentCacheTasksRequest__Output as _dfdaemon_v2_ListLocalPersistentCacheTasksRequest__Output } from './dfdaemon/v2/ListLocalPersistentCacheTasksRequest.ts';
import type { ListLocalPersistentCacheTasksResponse as _dfdaemon_v2_ListLocalPersistentCacheTasksResponse, ListLocalPersistentCacheTasksResponse__Output as _dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output } from './dfdaemon/v2/ListLocalPersistentCacheTasksResponse.ts';
import type { ListLocalPersistentTasksRequest as _dfdaemon_v2_ListLocalPersistentTasksRequest, ListLocalPersistentTasksRequest__Output as _dfdaemon_v2_ListLocalPersistentTasksRequest__Output } from './dfdaemon/v2/ListLocalPersistentTasksRequest.ts';
import type { ListLocalPersistentTasksResponse as _dfdaemon_v2_ListLocalPersistentTasksResponse, ListLocalPersistentTasksResponse__Output as _dfdaemon_v2_ListLocalPersistentTasksResponse__Output } from './dfdaemon/v2/ListLocalPersistentTasksResponse.ts';
import type { ListLocalTasksRequest as _dfdaemon_v2_ListLocalTasksRequest, ListLocalTasksRequest__Output as _dfdaemon_v2_ListLocalTasksRequest__Output } from './dfdaemon/v2/ListLocalTasksRequest.ts';
import type { ListLocalTasksResponse as _dfdaemon_v2_ListLocalTasksResponse, ListLocalTasksResponse__Output as _dfdaemon_v2_ListLocalTasksResponse__Output } from './dfdaemon/v2/ListLocalTasksResponse.ts';
import type { ListTaskEntriesRequest as _dfdaemon_v2_ListTaskEntriesRequest, ListTaskEntriesRequest__Output as _dfdaemon_v2_ListTaskEntriesRequest__Output } from './dfdaemon/v2/ListTaskEntriesRequest.ts';
import type { ListTaskEntriesResponse as _dfdaemon_v2_ListTaskEntriesResponse, ListTaskEntriesResponse__Output as _dfdaemon_v2_ListTaskEntriesResponse__Output } from './dfdaemon/v2/ListTaskEntriesResponse.ts';
import type { StatCacheTaskRequest as _dfdaemon_v2_StatCacheTaskRequest, StatCacheTaskRequest__Output as _dfdaemon_v2_StatCacheTaskRequest__Output } from './dfdaemon/v2/StatCacheTaskRequest.ts';
import type { StatLocalPersistentCacheTaskRequest as _dfdaemon_v2_StatLocalPersistentCacheTaskRequest, StatLocalPersistentCacheTaskRequest__Output as _dfdaemon_v2_StatLocalPersistentCacheTaskRequest__Output } from './dfdaemon/v2/StatLocalPersistentCacheTaskRequest.ts';
import type { StatLocalPersistentCacheTaskResponse as _dfdaemon_v2_StatLocalPersistentCacheTaskResponse, StatLocalPersistentCacheTaskResponse__Output as _dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output } from './dfdaemon/v2/StatLocalPersistentCacheTaskResponse.ts';
import type { StatLocalPersistentTaskRequest as _dfdaemon_v2_StatLocalPersistentTaskRequest, StatLocalPersistentTaskRequest__Output as _dfdaemon_v2_StatLocalPersistentTaskRequest__Output } from './dfdaemon/v2/StatLocalPersistentTaskRequest.ts';
import type { StatLocalPersistentTaskResponse as _dfdaemon_v2_StatLocalPersistentTaskResponse, StatLocalPersistentTaskResponse__Output as _dfdaemon_v2_StatLocalPersistentTaskResponse__Output } from './dfdaemon/v2/StatLocalPersistentTaskResponse.ts';
import type { StatLocalTaskRequest as _dfdaemon_v2_StatLocalTaskRequest, StatLocalTaskRequest__Output as _dfdaemon_v2_StatLocalTaskRequest__Output } from './dfdaemon/v2/StatLocalTaskRequest.ts';
import type { StatLocalTaskResponse as _dfdaemon_v2_StatLocalTaskResponse, StatLocalTaskResponse__Output as _dfdaemon_v2_StatLocalTaskResponse__Output } from './dfdaemon/v2/StatLocalTaskResponse.ts';
import type { StatPersistentCacheTaskRequest as _dfdaemon_v2_StatPersistentCacheTaskRequest, StatPersistentCacheTaskRequest__Output as _dfdaemon_v2_StatPersistentCacheTaskRequest__Output } from './dfdaemon/v2/StatPersistentCacheTaskRequest.ts';
import type { StatPersistentTaskRequest as _dfdaemon_v2_StatPersistentTaskRequest, StatPersistentTaskRequest__Output as _dfdaemon_v2_StatPersistentTaskRequest__Output } from './dfdaemon/v2/StatPersistentTaskRequest.ts';
import type { StatTaskRequest as _dfdaemon_v2_StatTaskRequest, StatTaskRequest__Output as _dfdaemon_v2_StatTaskRequest__Output } from './dfdaemon/v2/StatTaskRequest.ts';
import type { SyncCachePiecesRequest as _dfdaemon_v2_SyncCachePiecesRequest, SyncCachePiecesRequest__Output as _dfdaemon_v2_SyncCachePiecesRequest__Output } from './dfdaemon/v2/SyncCachePiecesRequest.ts';
import type { SyncCachePiecesResponse as _dfdaemon_v2_SyncCachePiecesResponse, SyncCachePiecesResponse__Output as _dfdaemon_v2_SyncCachePiecesResponse__Output } from './dfdaemon/v2/SyncCachePiecesResponse.ts';
import type { SyncHostRequest as _dfdaemon_v2_SyncHostRequest, SyncHostRequest__Output as _dfdaemon_v2_SyncHostRequest__Output } from './dfdaemon/v2/SyncHostRequest.ts';
import type { SyncPersistentCachePiecesRequest as _dfdaemon_v2_SyncPersistentCachePiecesRequest, SyncPersistentCachePiecesRequest__Output as _dfdaemon_v2_SyncPersistentCachePiecesRequest__Output } from './dfdaemon/v2/SyncPersistentCachePiecesRequest.ts';
import type { SyncPersistentCachePiecesResponse as _dfdaemon_v2_SyncPersistentCachePiecesResponse, SyncPersistentCachePiecesResponse__Output as _dfdaemon_v2_SyncPersistentCachePiecesResponse__Output } from './dfdaemon/v2/SyncPersistentCachePiecesResponse.ts';
import type { SyncPersistentPiecesRequest as _dfdaemon_v2_SyncPersistentPiecesRequest, SyncPersistentPiecesRequest__Output as _dfdaemon_v2_SyncPersistentPiecesRequest__Output } from './dfdaemon/v2/SyncPersistentPiecesRequest.ts';
import type { SyncPersistentPiecesResponse as _dfdaemon_v2_SyncPersistentPiecesResponse, SyncPersistentPiecesResponse__Output as _dfdaemon_v2_SyncPersistentPiecesResponse__Output } from './dfdaemon/v2/SyncPersistentPiecesResponse.ts';
import type { SyncPiecesRequest as _dfdaemon_v2_SyncPiecesRequest, SyncPiecesRequest__Output as _dfdaemon_v2_SyncPiecesRequest__Output } from './dfdaemon/v2/SyncPiecesRequest.ts';
import type { SyncPiecesResponse as _dfdaemon_v2_SyncPiecesResponse, SyncPiecesResponse__Output as _dfdaemon_v2_SyncPiecesResponse__Output } from './dfdaemon/v2/SyncPiecesResponse.ts';
import type { UpdatePersistentCacheTaskRequest as _dfdaemon_v2_UpdatePersistentCacheTaskRequest, UpdatePersistentCacheTaskRequest__Output as _dfdaemon_v2_UpdatePersistentCacheTaskRequest__Output } from './dfdaemon/v2/UpdatePersistentCacheTaskRequest.ts';
import type { UpdatePersistentTaskRequest as _dfdaemon_v2_UpdatePersistentTaskRequest, UpdatePersistentTaskRequest__Output as _dfdaemon_v2_UpdatePersistentTaskRequest__Output } from './dfdaemon/v2/UpdatePersistentTaskRequest.ts';
import type { UploadPersistentCacheTaskRequest as _dfdaemon_v2_UploadPersistentCacheTaskRequest, UploadPersistentCacheTaskRequest__Output as _dfdaemon_v2_UploadPersistentCacheTaskRequest__Output } from './dfdaemon/v2/UploadPersistentCacheTaskRequest.ts';
import type { UploadPersistentTaskRequest as _dfdaemon_v2_UploadPersistentTaskRequest, UploadPersistentTaskRequest__Output as _dfdaemon_v2_UploadPersistentTaskRequest__Output } from './dfdaemon/v2/UploadPersistentTaskRequest.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';
import type { Empty as _google_protobuf_Empty, Empty__Output as _google_protobuf_Empty__Output } from './google/protobuf/Empty.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  common: {
    v2: {
      Build: MessageTypeDefinition<_common_v2_Build, _common_v2_Build__Output>
      CPU: MessageTypeDefinition<_common_v2_CPU, _common_v2_CPU__Output>
      CPUTimes: MessageTypeDefinition<_common_v2_CPUTimes, _common_v2_CPUTimes__Output>
      CachePeer: MessageTypeDefinition<_common_v2_CachePeer, _common_v2_CachePeer__Output>
      CacheTask: MessageTypeDefinition<_common_v2_CacheTask, _common_v2_CacheTask__Output>
      CgroupCPU: MessageTypeDefinition<_common_v2_CgroupCPU, _common_v2_CgroupCPU__Output>
      CgroupDisk: MessageTypeDefinition<_common_v2_CgroupDisk, _common_v2_CgroupDisk__Output>
      CgroupMemory: MessageTypeDefinition<_common_v2_CgroupMemory, _common_v2_CgroupMemory__Output>
      Disk: MessageTypeDefinition<_common_v2_Disk, _common_v2_Disk__Output>
      Download: MessageTypeDefinition<_common_v2_Download, _common_v2_Download__Output>
      HDFS: MessageTypeDefinition<_common_v2_HDFS, _common_v2_HDFS__Output>
      Host: MessageTypeDefinition<_common_v2_Host, _common_v2_Host__Output>
      HuggingFace: MessageTypeDefinition<_common_v2_HuggingFace, _common_v2_HuggingFace__Output>
      Memory: MessageTypeDefinition<_common_v2_Memory, _common_v2_Memory__Output>
      ModelScope: MessageTypeDefinition<_common_v2_ModelScope, _common_v2_ModelScope__Output>
      Network: MessageTypeDefinition<_common_v2_Network, _common_v2_Network__Output>
      ObjectStorage: MessageTypeDefinition<_common_v2_ObjectStorage, _common_v2_ObjectStorage__Output>
      Peer: MessageTypeDefinition<_common_v2_Peer, _common_v2_Peer__Output>
      PersistentCachePeer: MessageTypeDefinition<_common_v2_PersistentCachePeer, _common_v2_PersistentCachePeer__Output>
      PersistentCacheTask: MessageTypeDefinition<_common_v2_PersistentCacheTask, _common_v2_PersistentCacheTask__Output>
      PersistentPeer: MessageTypeDefinition<_common_v2_PersistentPeer, _common_v2_PersistentPeer__Output>
      PersistentTask: MessageTypeDefinition<_common_v2_PersistentTask, _common_v2_PersistentTask__Output>
      Piece: MessageTypeDefinition<_common_v2_Piece, _common_v2_Piece__Output>
      Priority: EnumTypeDefinition
      Range: MessageTypeDefinition<_common_v2_Range, _common_v2_Range__Output>
      SizeScope: EnumTypeDefinition
      Task: MessageTypeDefinition<_common_v2_Task, _common_v2_Task__Output>
      TaskType: EnumTypeDefinition
      TrafficType: EnumTypeDefinition
    }
  }
  dfdaemon: {
    v2: {
      DeleteCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DeleteCacheTaskRequest, _dfdaemon_v2_DeleteCacheTaskRequest__Output>
      DeleteLocalTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DeleteLocalTaskRequest, _dfdaemon_v2_DeleteLocalTaskRequest__Output>
      DeletePersistentCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DeletePersistentCacheTaskRequest, _dfdaemon_v2_DeletePersistentCacheTaskRequest__Output>
      DeletePersistentTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DeletePersistentTaskRequest, _dfdaemon_v2_DeletePersistentTaskRequest__Output>
      DeleteTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DeleteTaskRequest, _dfdaemon_v2_DeleteTaskRequest__Output>
      /**
       * Served on the Unix socket to programs of this host, such as dfget and dfcache.
       */
      DfdaemonDownload: SubtypeConstructor<typeof grpc.Client, _dfdaemon_v2_DfdaemonDownloadClient> & { service: _dfdaemon_v2_DfdaemonDownloadDefinition }
      /**
       * Served to other hosts: peers, schedulers and the manager's jobs. A request that names a local path is refused here.
       */
      DfdaemonUpload: SubtypeConstructor<typeof grpc.Client, _dfdaemon_v2_DfdaemonUploadClient> & { service: _dfdaemon_v2_DfdaemonUploadDefinition }
      DownloadCachePieceRequest: MessageTypeDefinition<_dfdaemon_v2_DownloadCachePieceRequest, _dfdaemon_v2_DownloadCachePieceRequest__Output>
      DownloadCachePieceResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadCachePieceResponse, _dfdaemon_v2_DownloadCachePieceResponse__Output>
      DownloadCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DownloadCacheTaskRequest, _dfdaemon_v2_DownloadCacheTaskRequest__Output>
      DownloadCacheTaskResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadCacheTaskResponse, _dfdaemon_v2_DownloadCacheTaskResponse__Output>
      DownloadCacheTaskStartedResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadCacheTaskStartedResponse, _dfdaemon_v2_DownloadCacheTaskStartedResponse__Output>
      DownloadPersistentCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DownloadPersistentCacheTaskRequest, _dfdaemon_v2_DownloadPersistentCacheTaskRequest__Output>
      DownloadPersistentCacheTaskResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadPersistentCacheTaskResponse, _dfdaemon_v2_DownloadPersistentCacheTaskResponse__Output>
      DownloadPersistentCacheTaskStartedResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadPersistentCacheTaskStartedResponse, _dfdaemon_v2_DownloadPersistentCacheTaskStartedResponse__Output>
      DownloadPersistentTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DownloadPersistentTaskRequest, _dfdaemon_v2_DownloadPersistentTaskRequest__Output>
      DownloadPersistentTaskResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadPersistentTaskResponse, _dfdaemon_v2_DownloadPersistentTaskResponse__Output>
      DownloadPersistentTaskStartedResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadPersistentTaskStartedResponse, _dfdaemon_v2_DownloadPersistentTaskStartedResponse__Output>
      DownloadPieceFinishedResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadPieceFinishedResponse, _dfdaemon_v2_DownloadPieceFinishedResponse__Output>
      DownloadTaskRequest: MessageTypeDefinition<_dfdaemon_v2_DownloadTaskRequest, _dfdaemon_v2_DownloadTaskRequest__Output>
      DownloadTaskResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadTaskResponse, _dfdaemon_v2_DownloadTaskResponse__Output>
      DownloadTaskStartedResponse: MessageTypeDefinition<_dfdaemon_v2_DownloadTaskStartedResponse, _dfdaemon_v2_DownloadTaskStartedResponse__Output>
      Entry: MessageTypeDefinition<_dfdaemon_v2_Entry, _dfdaemon_v2_Entry__Output>
      ExchangeIBVerbsQueuePairEndpointRequest: MessageTypeDefinition<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest, _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointRequest__Output>
      ExchangeIBVerbsQueuePairEndpointResponse: MessageTypeDefinition<_dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse, _dfdaemon_v2_ExchangeIBVerbsQueuePairEndpointResponse__Output>
      IBVerbsQueuePairEndpoint: MessageTypeDefinition<_dfdaemon_v2_IBVerbsQueuePairEndpoint, _dfdaemon_v2_IBVerbsQueuePairEndpoint__Output>
      ListLocalPersistentCacheTasksRequest: MessageTypeDefinition<_dfdaemon_v2_ListLocalPersistentCacheTasksRequest, _dfdaemon_v2_ListLocalPersistentCacheTasksRequest__Output>
      ListLocalPersistentCacheTasksResponse: MessageTypeDefinition<_dfdaemon_v2_ListLocalPersistentCacheTasksResponse, _dfdaemon_v2_ListLocalPersistentCacheTasksResponse__Output>
      ListLocalPersistentTasksRequest: MessageTypeDefinition<_dfdaemon_v2_ListLocalPersistentTasksRequest, _dfdaemon_v2_ListLocalPersistentTasksRequest__Output>
      ListLocalPersistentTasksResponse: MessageTypeDefinition<_dfdaemon_v2_ListLocalPersistentTasksResponse, _dfdaemon_v2_ListLocalPersistentTasksResponse__Output>
      ListLocalTasksRequest: MessageTypeDefinition<_dfdaemon_v2_ListLocalTasksRequest, _dfdaemon_v2_ListLocalTasksRequest__Output>
      ListLocalTasksResponse: MessageTypeDefinition<_dfdaemon_v2_ListLocalTasksResponse, _dfdaemon_v2_ListLocalTasksResponse__Output>
      ListTaskEntriesRequest: MessageTypeDefinition<_dfdaemon_v2_ListTaskEntriesRequest, _dfdaemon_v2_ListTaskEntriesRequest__Output>
      ListTaskEntriesResponse: MessageTypeDefinition<_dfdaemon_v2_ListTaskEntriesResponse, _dfdaemon_v2_ListTaskEntriesResponse__Output>
      StatCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_StatCacheTaskRequest, _dfdaemon_v2_StatCacheTaskRequest__Output>
      StatLocalPersistentCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_StatLocalPersistentCacheTaskRequest, _dfdaemon_v2_StatLocalPersistentCacheTaskRequest__Output>
      StatLocalPersistentCacheTaskResponse: MessageTypeDefinition<_dfdaemon_v2_StatLocalPersistentCacheTaskResponse, _dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output>
      StatLocalPersistentTaskRequest: MessageTypeDefinition<_dfdaemon_v2_StatLocalPersistentTaskRequest, _dfdaemon_v2_StatLocalPersistentTaskRequest__Output>
      StatLocalPersistentTaskResponse: MessageTypeDefinition<_dfdaemon_v2_StatLocalPersistentTaskResponse, _dfdaemon_v2_StatLocalPersistentTaskResponse__Output>
      StatLocalTaskRequest: MessageTypeDefinition<_dfdaemon_v2_StatLocalTaskRequest, _dfdaemon_v2_StatLocalTaskRequest__Output>
      StatLocalTaskResponse: MessageTypeDefinition<_dfdaemon_v2_StatLocalTaskResponse, _dfdaemon_v2_StatLocalTaskResponse__Output>
      StatPersistentCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_StatPersistentCacheTaskRequest, _dfdaemon_v2_StatPersistentCacheTaskRequest__Output>
      StatPersistentTaskRequest: MessageTypeDefinition<_dfdaemon_v2_StatPersistentTaskRequest, _dfdaemon_v2_StatPersistentTaskRequest__Output>
      StatTaskRequest: MessageTypeDefinition<_dfdaemon_v2_StatTaskRequest, _dfdaemon_v2_StatTaskRequest__Output>
      SyncCachePiecesRequest: MessageTypeDefinition<_dfdaemon_v2_SyncCachePiecesRequest, _dfdaemon_v2_SyncCachePiecesRequest__Output>
      SyncCachePiecesResponse: MessageTypeDefinition<_dfdaemon_v2_SyncCachePiecesResponse, _dfdaemon_v2_SyncCachePiecesResponse__Output>
      SyncHostRequest: MessageTypeDefinition<_dfdaemon_v2_SyncHostRequest, _dfdaemon_v2_SyncHostRequest__Output>
      SyncPersistentCachePiecesRequest: MessageTypeDefinition<_dfdaemon_v2_SyncPersistentCachePiecesRequest, _dfdaemon_v2_SyncPersistentCachePiecesRequest__Output>
      SyncPersistentCachePiecesResponse: MessageTypeDefinition<_dfdaemon_v2_SyncPersistentCachePiecesResponse, _dfdaemon_v2_SyncPersistentCachePiecesResponse__Output>
      SyncPersistentPiecesRequest: MessageTypeDefinition<_dfdaemon_v2_SyncPersistentPiecesRequest, _dfdaemon_v2_SyncPersistentPiecesRequest__Output>
      SyncPersistentPiecesResponse: MessageTypeDefinition<_dfdaemon_v2_SyncPersistentPiecesResponse, _dfdaemon_v2_SyncPersistentPiecesResponse__Output>
      SyncPiecesRequest: MessageTypeDefinition<_dfdaemon_v2_SyncPiecesRequest, _dfdaemon_v2_SyncPiecesRequest__Output>
      SyncPiecesResponse: MessageTypeDefinition<_dfdaemon_v2_SyncPiecesResponse, _dfdaemon_v2_SyncPiecesResponse__Output>
      UpdatePersistentCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_UpdatePersistentCacheTaskRequest, _dfdaemon_v2_UpdatePersistentCacheTaskRequest__Output>
      UpdatePersistentTaskRequest: MessageTypeDefinition<_dfdaemon_v2_UpdatePersistentTaskRequest, _dfdaemon_v2_UpdatePersistentTaskRequest__Output>
      UploadPersistentCacheTaskRequest: MessageTypeDefinition<_dfdaemon_v2_UploadPersistentCacheTaskRequest, _dfdaemon_v2_UploadPersistentCacheTaskRequest__Output>
      UploadPersistentTaskRequest: MessageTypeDefinition<_dfdaemon_v2_UploadPersistentTaskRequest, _dfdaemon_v2_UploadPersistentTaskRequest__Output>
    }
  }
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
      Empty: MessageTypeDefinition<_google_protobuf_Empty, _google_protobuf_Empty__Output>
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
}

