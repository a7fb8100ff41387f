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
import type { Backend as _errordetails_v2_Backend, Backend__Output as _errordetails_v2_Backend__Output } from './errordetails/v2/Backend.ts';
import type { Unknown as _errordetails_v2_Unknown, Unknown__Output as _errordetails_v2_Unknown__Output } from './errordetails/v2/Unknown.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';
import type { Empty as _google_protobuf_Empty, Empty__Output as _google_protobuf_Empty__Output } from './google/protobuf/Empty.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { AnnounceCachePeerRequest as _scheduler_v2_AnnounceCachePeerRequest, AnnounceCachePeerRequest__Output as _scheduler_v2_AnnounceCachePeerRequest__Output } from './scheduler/v2/AnnounceCachePeerRequest.ts';
import type { AnnounceCachePeerResponse as _scheduler_v2_AnnounceCachePeerResponse, AnnounceCachePeerResponse__Output as _scheduler_v2_AnnounceCachePeerResponse__Output } from './scheduler/v2/AnnounceCachePeerResponse.ts';
import type { AnnounceHostRequest as _scheduler_v2_AnnounceHostRequest, AnnounceHostRequest__Output as _scheduler_v2_AnnounceHostRequest__Output } from './scheduler/v2/AnnounceHostRequest.ts';
import type { AnnouncePeerRequest as _scheduler_v2_AnnouncePeerRequest, AnnouncePeerRequest__Output as _scheduler_v2_AnnouncePeerRequest__Output } from './scheduler/v2/AnnouncePeerRequest.ts';
import type { AnnouncePeerResponse as _scheduler_v2_AnnouncePeerResponse, AnnouncePeerResponse__Output as _scheduler_v2_AnnouncePeerResponse__Output } from './scheduler/v2/AnnouncePeerResponse.ts';
import type { AnnouncePersistentCachePeerRequest as _scheduler_v2_AnnouncePersistentCachePeerRequest, AnnouncePersistentCachePeerRequest__Output as _scheduler_v2_AnnouncePersistentCachePeerRequest__Output } from './scheduler/v2/AnnouncePersistentCachePeerRequest.ts';
import type { AnnouncePersistentCachePeerResponse as _scheduler_v2_AnnouncePersistentCachePeerResponse, AnnouncePersistentCachePeerResponse__Output as _scheduler_v2_AnnouncePersistentCachePeerResponse__Output } from './scheduler/v2/AnnouncePersistentCachePeerResponse.ts';
import type { AnnouncePersistentPeerRequest as _scheduler_v2_AnnouncePersistentPeerRequest, AnnouncePersistentPeerRequest__Output as _scheduler_v2_AnnouncePersistentPeerRequest__Output } from './scheduler/v2/AnnouncePersistentPeerRequest.ts';
import type { AnnouncePersistentPeerResponse as _scheduler_v2_AnnouncePersistentPeerResponse, AnnouncePersistentPeerResponse__Output as _scheduler_v2_AnnouncePersistentPeerResponse__Output } from './scheduler/v2/AnnouncePersistentPeerResponse.ts';
import type { DeleteCachePeerRequest as _scheduler_v2_DeleteCachePeerRequest, DeleteCachePeerRequest__Output as _scheduler_v2_DeleteCachePeerRequest__Output } from './scheduler/v2/DeleteCachePeerRequest.ts';
import type { DeleteCacheTaskRequest as _scheduler_v2_DeleteCacheTaskRequest, DeleteCacheTaskRequest__Output as _scheduler_v2_DeleteCacheTaskRequest__Output } from './scheduler/v2/DeleteCacheTaskRequest.ts';
import type { DeleteHostRequest as _scheduler_v2_DeleteHostRequest, DeleteHostRequest__Output as _scheduler_v2_DeleteHostRequest__Output } from './scheduler/v2/DeleteHostRequest.ts';
import type { DeletePeerRequest as _scheduler_v2_DeletePeerRequest, DeletePeerRequest__Output as _scheduler_v2_DeletePeerRequest__Output } from './scheduler/v2/DeletePeerRequest.ts';
import type { DeletePersistentCachePeerRequest as _scheduler_v2_DeletePersistentCachePeerRequest, DeletePersistentCachePeerRequest__Output as _scheduler_v2_DeletePersistentCachePeerRequest__Output } from './scheduler/v2/DeletePersistentCachePeerRequest.ts';
import type { DeletePersistentCacheTaskRequest as _scheduler_v2_DeletePersistentCacheTaskRequest, DeletePersistentCacheTaskRequest__Output as _scheduler_v2_DeletePersistentCacheTaskRequest__Output } from './scheduler/v2/DeletePersistentCacheTaskRequest.ts';
import type { DeletePersistentPeerRequest as _scheduler_v2_DeletePersistentPeerRequest, DeletePersistentPeerRequest__Output as _scheduler_v2_DeletePersistentPeerRequest__Output } from './scheduler/v2/DeletePersistentPeerRequest.ts';
import type { DeletePersistentTaskRequest as _scheduler_v2_DeletePersistentTaskRequest, DeletePersistentTaskRequest__Output as _scheduler_v2_DeletePersistentTaskRequest__Output } from './scheduler/v2/DeletePersistentTaskRequest.ts';
import type { DeleteTaskRequest as _scheduler_v2_DeleteTaskRequest, DeleteTaskRequest__Output as _scheduler_v2_DeleteTaskRequest__Output } from './scheduler/v2/DeleteTaskRequest.ts';
import type { DownloadCachePeerBackToSourceFailedRequest as _scheduler_v2_DownloadCachePeerBackToSourceFailedRequest, DownloadCachePeerBackToSourceFailedRequest__Output as _scheduler_v2_DownloadCachePeerBackToSourceFailedRequest__Output } from './scheduler/v2/DownloadCachePeerBackToSourceFailedRequest.ts';
import type { DownloadCachePeerBackToSourceFinishedRequest as _scheduler_v2_DownloadCachePeerBackToSourceFinishedRequest, DownloadCachePeerBackToSourceFinishedRequest__Output as _scheduler_v2_DownloadCachePeerBackToSourceFinishedRequest__Output } from './scheduler/v2/DownloadCachePeerBackToSourceFinishedRequest.ts';
import type { DownloadCachePeerBackToSourceStartedRequest as _scheduler_v2_DownloadCachePeerBackToSourceStartedRequest, DownloadCachePeerBackToSourceStartedRequest__Output as _scheduler_v2_DownloadCachePeerBackToSourceStartedRequest__Output } from './scheduler/v2/DownloadCachePeerBackToSourceStartedRequest.ts';
import type { DownloadCachePeerFailedRequest as _scheduler_v2_DownloadCachePeerFailedRequest, DownloadCachePeerFailedRequest__Output as _scheduler_v2_DownloadCachePeerFailedRequest__Output } from './scheduler/v2/DownloadCachePeerFailedRequest.ts';
import type { DownloadCachePeerFinishedRequest as _scheduler_v2_DownloadCachePeerFinishedRequest, DownloadCachePeerFinishedRequest__Output as _scheduler_v2_DownloadCachePeerFinishedRequest__Output } from './scheduler/v2/DownloadCachePeerFinishedRequest.ts';
import type { DownloadCachePeerStartedRequest as _scheduler_v2_DownloadCachePeerStartedRequest, DownloadCachePeerStartedRequest__Output as _scheduler_v2_DownloadCachePeerStartedRequest__Output } from './scheduler/v2/DownloadCachePeerStartedRequest.ts';
import type { DownloadPeerBackToSourceFailedRequest as _scheduler_v2_DownloadPeerBackToSourceFailedRequest, DownloadPeerBackToSourceFailedRequest__Output as _scheduler_v2_DownloadPeerBackToSourceFailedRequest__Output } from './scheduler/v2/DownloadPeerBackToSourceFailedRequest.ts';
import type { DownloadPeerBackToSourceFinishedRequest as _scheduler_v2_DownloadPeerBackToSourceFinishedRequest, DownloadPeerBackToSourceFinishedRequest__Output as _scheduler_v2_DownloadPeerBackToSourceFinishedRequest__Output } from './scheduler/v2/DownloadPeerBackToSourceFinishedRequest.ts';
import type { DownloadPeerBackToSourceStartedRequest as _scheduler_v2_DownloadPeerBackToSourceStartedRequest, DownloadPeerBackToSourceStartedRequest__Output as _scheduler_v2_DownloadPeerBackToSourceStartedRequest__Output } from './scheduler/v2/DownloadPeerBackToSourceStartedRequest.ts';
import type { DownloadPeerFailedRequest as _scheduler_v2_DownloadPeerFailedRequest, DownloadPeerFailedRequest__Output as _scheduler_v2_DownloadPeerFailedRequest__Output } from './scheduler/v2/DownloadPeerFailedRequest.ts';
import type { DownloadPeerFinishedRequest as _scheduler_v2_DownloadPeerFinishedRequest, DownloadPeerFinishedRequest__Output as _scheduler_v2_DownloadPeerFinishedRequest__Output } from './scheduler/v2/DownloadPeerFinishedRequest.ts';
import type { DownloadPeerStartedRequest as _scheduler_v2_DownloadPeerStartedRequest, DownloadPeerStartedRequest__Output as _scheduler_v2_DownloadPeerStartedRequest__Output } from './scheduler/v2/DownloadPeerStartedRequest.ts';
import type { DownloadPersistentCachePeerFailedRequest as _scheduler_v2_DownloadPersistentCachePeerFailedRequest, DownloadPersistentCachePeerFailedRequest__Output as _scheduler_v2_DownloadPersistentCachePeerFailedRequest__Output } from './scheduler/v2/DownloadPersistentCachePeerFailedRequest.ts';
import type { DownloadPersistentCachePeerFinishedRequest as _scheduler_v2_DownloadPersistentCachePeerFinishedRequest, DownloadPersistentCachePeerFinishedRequest__Output as _scheduler_v2_DownloadPersistentCachePeerFinishedRequest__Output } from './scheduler/v2/DownloadPersistentCachePeerFinishedRequest.ts';
import type { DownloadPersistentCachePeerStartedRequest as _scheduler_v2_DownloadPersistentCachePeerStartedRequest, DownloadPersistentCachePeerStartedRequest__Output as _scheduler_v2_DownloadPersistentCachePeerStartedRequest__Output } from './scheduler/v2/DownloadPersistentCachePeerStartedRequest.ts';
import type { DownloadPersistentPeerBackToSourceFailedRequest as _scheduler_v2_DownloadPersistentPeerBackToSourceFailedRequest, DownloadPersistentPeerBackToSourceFailedRequest__Output as _scheduler_v2_DownloadPersistentPeerBackToSourceFailedRequest__Output } from './scheduler/v2/DownloadPersistentPeerBackToSourceFailedRequest.ts';
import type { DownloadPersistentPeerBackToSourceFinishedRequest as _scheduler_v2_DownloadPersistentPeerBackToSourceFinishedRequest, DownloadPersistentPeerBackToSourceFinishedRequest__Output as _scheduler_v2_DownloadPersistentPeerBackToSourceFinishedRequest__Output } from './scheduler/v2/DownloadPersistentPeerBackToSourceFinishedRequest.ts';
import type { DownloadPersistentPeerBackToSourceStartedRequest as _scheduler_v2_DownloadPersistentPeerBackToSourceStartedRequest, DownloadPersistentPeerBackToSourceStartedRequest__Output as _scheduler_v2_DownloadPersistentPeerBackToSourceStartedRequest__Output } from './scheduler/v2/DownloadPersistentPeerBackToSourceStartedRequest.ts';
import type { DownloadPersistentPeerFailedRequest as _scheduler_v2_DownloadPersistentPeerFailedRequest, DownloadPersistentPeerFailedRequest__Output as _scheduler_v2_DownloadPersistentPeerFailedRequest__Output } from './scheduler/v2/DownloadPersistentPeerFailedRequest.ts';
import type { DownloadPersistentPeerFinishedRequest as _scheduler_v2_DownloadPersistentPeerFinishedRequest, DownloadPersistentPeerFinishedRequest__Output as _scheduler_v2_DownloadPersistentPeerFinishedRequest__Output } from './scheduler/v2/DownloadPersistentPeerFinishedRequest.ts';
import type { DownloadPersistentPeerStartedRequest as _scheduler_v2_DownloadPersistentPeerStartedRequest, DownloadPersistentPeerStartedRequest__Output as _scheduler_v2_DownloadPersistentPeerStartedRequest__Output } from './scheduler/v2/DownloadPersistentPeerStartedRequest.ts';
import type { DownloadPieceBackToSourceFailedRequest as _scheduler_v2_DownloadPieceBackToSourceFailedRequest, DownloadPieceBackToSourceFailedRequest__Output as _scheduler_v2_DownloadPieceBackToSourceFailedRequest__Output } from './scheduler/v2/DownloadPieceBackToSourceFailedRequest.ts';
import type { DownloadPieceBackToSourceFinishedRequest as _scheduler_v2_DownloadPieceBackToSourceFinishedRequest, DownloadPieceBackToSourceFinishedRequest__Output as _scheduler_v2_DownloadPieceBackToSourceFinishedRequest__Output } from './scheduler/v2/DownloadPieceBackToSourceFinishedRequest.ts';
import type { DownloadPieceFailedRequest as _scheduler_v2_DownloadPieceFailedRequest, DownloadPieceFailedRequest__Output as _scheduler_v2_DownloadPieceFailedRequest__Output } from './scheduler/v2/DownloadPieceFailedRequest.ts';
import type { DownloadPieceFinishedRequest as _scheduler_v2_DownloadPieceFinishedRequest, DownloadPieceFinishedRequest__Output as _scheduler_v2_DownloadPieceFinishedRequest__Output } from './scheduler/v2/DownloadPieceFinishedRequest.ts';
import type { EmptyCacheTaskResponse as _scheduler_v2_EmptyCacheTaskResponse, EmptyCacheTaskResponse__Output as _scheduler_v2_EmptyCacheTaskResponse__Output } from './scheduler/v2/EmptyCacheTaskResponse.ts';
import type { EmptyPersistentCacheTaskResponse as _scheduler_v2_EmptyPersistentCacheTaskResponse, EmptyPersistentCacheTaskResponse__Output as _scheduler_v2_EmptyPersistentCacheTaskResponse__Output } from './scheduler/v2/EmptyPersistentCacheTaskResponse.ts';
import type { EmptyPersistentTaskResponse as _scheduler_v2_EmptyPersistentTaskResponse, EmptyPersistentTaskResponse__Output as _scheduler_v2_EmptyPersistentTaskResponse__Output } from './scheduler/v2/EmptyPersistentTaskResponse.ts';
import type { EmptyTaskResponse as _scheduler_v2_EmptyTaskResponse, EmptyTaskResponse__Output as _scheduler_v2_EmptyTaskResponse__Output } from './scheduler/v2/EmptyTaskResponse.ts';
import type { File as _scheduler_v2_File, File__Output as _scheduler_v2_File__Output } from './scheduler/v2/File.ts';
import type { Image as _scheduler_v2_Image, Image__Output as _scheduler_v2_Image__Output } from './scheduler/v2/Image.ts';
import type { Layer as _scheduler_v2_Layer, Layer__Output as _scheduler_v2_Layer__Output } from './scheduler/v2/Layer.ts';
import type { ListHostsRequest as _scheduler_v2_ListHostsRequest, ListHostsRequest__Output as _scheduler_v2_ListHostsRequest__Output } from './scheduler/v2/ListHostsRequest.ts';
import type { ListHostsResponse as _scheduler_v2_ListHostsResponse, ListHostsResponse__Output as _scheduler_v2_ListHostsResponse__Output } from './scheduler/v2/ListHostsResponse.ts';
import type { MetadataOnlyResponse as _scheduler_v2_MetadataOnlyResponse, MetadataOnlyResponse__Output as _scheduler_v2_MetadataOnlyResponse__Output } from './scheduler/v2/MetadataOnlyResponse.ts';
import type { NeedBackToSourceResponse as _scheduler_v2_NeedBackToSourceResponse, NeedBackToSourceResponse__Output as _scheduler_v2_NeedBackToSourceResponse__Output } from './scheduler/v2/NeedBackToSourceResponse.ts';
import type { NormalCacheTaskResponse as _scheduler_v2_NormalCacheTaskResponse, NormalCacheTaskResponse__Output as _scheduler_v2_NormalCacheTaskResponse__Output } from './scheduler/v2/NormalCacheTaskResponse.ts';
import type { NormalPersistentCacheTaskResponse as _scheduler_v2_NormalPersistentCacheTaskResponse, NormalPersistentCacheTaskResponse__Output as _scheduler_v2_NormalPersistentCacheTaskResponse__Output } from './scheduler/v2/NormalPersistentCacheTaskResponse.ts';
import type { NormalPersistentTaskResponse as _scheduler_v2_NormalPersistentTaskResponse, NormalPersistentTaskResponse__Output as _scheduler_v2_NormalPersistentTaskResponse__Output } from './scheduler/v2/NormalPersistentTaskResponse.ts';
import type { NormalTaskResponse as _scheduler_v2_NormalTaskResponse, NormalTaskResponse__Output as _scheduler_v2_NormalTaskResponse__Output } from './scheduler/v2/NormalTaskResponse.ts';
import type { PeerFile as _scheduler_v2_PeerFile, PeerFile__Output as _scheduler_v2_PeerFile__Output } from './scheduler/v2/PeerFile.ts';
import type { PeerImage as _scheduler_v2_PeerImage, PeerImage__Output as _scheduler_v2_PeerImage__Output } from './scheduler/v2/PeerImage.ts';
import type { PreheatFileRequest as _scheduler_v2_PreheatFileRequest, PreheatFileRequest__Output as _scheduler_v2_PreheatFileRequest__Output } from './scheduler/v2/PreheatFileRequest.ts';
import type { PreheatImageRequest as _scheduler_v2_PreheatImageRequest, PreheatImageRequest__Output as _scheduler_v2_PreheatImageRequest__Output } from './scheduler/v2/PreheatImageRequest.ts';
import type { RegisterCachePeerRequest as _scheduler_v2_RegisterCachePeerRequest, RegisterCachePeerRequest__Output as _scheduler_v2_RegisterCachePeerRequest__Output } from './scheduler/v2/RegisterCachePeerRequest.ts';
import type { RegisterPeerRequest as _scheduler_v2_RegisterPeerRequest, RegisterPeerRequest__Output as _scheduler_v2_RegisterPeerRequest__Output } from './scheduler/v2/RegisterPeerRequest.ts';
import type { RegisterPersistentCachePeerRequest as _scheduler_v2_RegisterPersistentCachePeerRequest, RegisterPersistentCachePeerRequest__Output as _scheduler_v2_RegisterPersistentCachePeerRequest__Output } from './scheduler/v2/RegisterPersistentCachePeerRequest.ts';
import type { RegisterPersistentPeerRequest as _scheduler_v2_RegisterPersistentPeerRequest, RegisterPersistentPeerRequest__Output as _scheduler_v2_RegisterPersistentPeerRequest__Output } from './scheduler/v2/RegisterPersistentPeerRequest.ts';
import type { RescheduleCachePeerRequest as _scheduler_v2_RescheduleCachePeerRequest, RescheduleCachePeerRequest__Output as _scheduler_v2_RescheduleCachePeerRequest__Output } from './scheduler/v2/RescheduleCachePeerRequest.ts';
import type { ReschedulePeerRequest as _scheduler_v2_ReschedulePeerRequest, ReschedulePeerRequest__Output as _scheduler_v2_ReschedulePeerRequest__Output } from './scheduler/v2/ReschedulePeerRequest.ts';
import type { ReschedulePersistentCachePeerRequest as _scheduler_v2_ReschedulePersistentCachePeerRequest, ReschedulePersistentCachePeerRequest__Output as _scheduler_v2_ReschedulePersistentCachePeerRequest__Output } from './scheduler/v2/ReschedulePersistentCachePeerRequest.ts';
import type { ReschedulePersistentPeerRequest as _scheduler_v2_ReschedulePersistentPeerRequest, ReschedulePersistentPeerRequest__Output as _scheduler_v2_ReschedulePersistentPeerRequest__Output } from './scheduler/v2/ReschedulePersistentPeerRequest.ts';
import type { SchedulerClient as _scheduler_v2_SchedulerClient, SchedulerDefinition as _scheduler_v2_SchedulerDefinition } from './scheduler/v2/Scheduler.ts';
import type { StatCachePeerRequest as _scheduler_v2_StatCachePeerRequest, StatCachePeerRequest__Output as _scheduler_v2_StatCachePeerRequest__Output } from './scheduler/v2/StatCachePeerRequest.ts';
import type { StatCacheTaskRequest as _scheduler_v2_StatCacheTaskRequest, StatCacheTaskRequest__Output as _scheduler_v2_StatCacheTaskRequest__Output } from './scheduler/v2/StatCacheTaskRequest.ts';
import type { StatFileRequest as _scheduler_v2_StatFileRequest, StatFileRequest__Output as _scheduler_v2_StatFileRequest__Output } from './scheduler/v2/StatFileRequest.ts';
import type { StatFileResponse as _scheduler_v2_StatFileResponse, StatFileResponse__Output as _scheduler_v2_StatFileResponse__Output } from './scheduler/v2/StatFileResponse.ts';
import type { StatImageRequest as _scheduler_v2_StatImageRequest, StatImageRequest__Output as _scheduler_v2_StatImageRequest__Output } from './scheduler/v2/StatImageRequest.ts';
import type { StatImageResponse as _scheduler_v2_StatImageResponse, StatImageResponse__Output as _scheduler_v2_StatImageResponse__Output } from './scheduler/v2/StatImageResponse.ts';
import type { StatPeerRequest as _scheduler_v2_StatPeerRequest, StatPeerRequest__Output as _scheduler_v2_StatPeerRequest__Output } from './scheduler/v2/StatPeerRequest.ts';
import type { StatPersistentCachePeerRequest as _scheduler_v2_StatPersistentCachePeerRequest, StatPersistentCachePeerRequest__Output as _scheduler_v2_StatPersistentCachePeerRequest__Output } from './scheduler/v2/StatPersistentCachePeerRequest.ts';
import type { StatPersistentCacheTaskRequest as _scheduler_v2_StatPersistentCacheTaskRequest, StatPersistentCacheTaskRequest__Output as _scheduler_v2_StatPersistentCacheTaskRequest__Output } from './scheduler/v2/StatPersistentCacheTaskRequest.ts';
import type { StatPersistentPeerRequest as _scheduler_v2_StatPersistentPeerRequest, StatPersistentPeerRequest__Output as _scheduler_v2_StatPersistentPeerRequest__Output } from './scheduler/v2/StatPersistentPeerRequest.ts';
import type { StatPersistentTaskRequest as _scheduler_v2_StatPersistentTaskRequest, StatPersistentTaskRequest__Output as _scheduler_v2_StatPersistentTaskRequest__Output } from './scheduler/v2/StatPersistentTaskRequest.ts';
import type { StatTaskRequest as _scheduler_v2_StatTaskRequest, StatTaskRequest__Output as _scheduler_v2_StatTaskRequest__Output } from './scheduler/v2/StatTaskRequest.ts';
import type { UploadPersistentCacheTaskFailedRequest as _scheduler_v2_UploadPersistentCacheTaskFailedRequest, UploadPersistentCacheTaskFailedRequest__Output as _scheduler_v2_UploadPersistentCacheTaskFailedRequest__Output } from './scheduler/v2/UploadPersistentCacheTaskFailedRequest.ts';
import type { UploadPersistentCacheTaskFinishedRequest as _scheduler_v2_UploadPersistentCacheTaskFinishedRequest, UploadPersistentCacheTaskFinishedRequest__Output as _scheduler_v2_UploadPersistentCacheTaskFinishedRequest__Output } from './scheduler/v2/UploadPersistentCacheTaskFinishedRequest.ts';
import type { UploadPersistentCacheTaskStartedRequest as _scheduler_v2_UploadPersistentCacheTaskStartedRequest, UploadPersistentCacheTaskStartedRequest__Output as _scheduler_v2_UploadPersistentCacheTaskStartedRequest__Output } from './scheduler/v2/UploadPersistentCacheTaskStartedRequest.ts';
import type { UploadPersistentTaskFailedRequest as _scheduler_v2_UploadPersistentTaskFailedRequest, UploadPersistentTaskFailedRequest__Output as _scheduler_v2_UploadPersistentTaskFailedRequest__Output } from './scheduler/v2/UploadPersistentTaskFailedRequest.ts';
import type { UploadPersistentTaskFinishedRequest as _scheduler_v2_UploadPersistentTaskFinishedRequest, UploadPersistentTaskFinishedRequest__Output as _scheduler_v2_UploadPersistentTaskFinishedRequest__Output } from './scheduler/v2/UploadPersistentTaskFinishedRequest.ts';
import type { UploadPersistentTaskStartedRequest as _scheduler_v2_UploadPersistentTaskStartedRequest, UploadPersistentTaskStartedRequest__Output as _scheduler_v2_UploadPersistentTaskStartedRequest__Output } from './scheduler/v2/UploadPersistentTaskStartedRequest.ts';

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
  errordetails: {
    v2: {
      Backend: MessageTypeDefinition<_errordetails_v2_Backend, _errordetails_v2_Backend__Output>
      Unknown: MessageTypeDefinition<_errordetails_v2_Unknown, _errordetails_v2_Unknown__Output>
    }
  }
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
      Empty: MessageTypeDefinition<_google_protobuf_Empty, _google_protobuf_Empty__Output>
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  scheduler: {
    v2: {
      AnnounceCachePeerRequest: MessageTypeDefinition<_scheduler_v2_AnnounceCachePeerRequest, _scheduler_v2_AnnounceCachePeerRequest__Output>
      AnnounceCachePeerResponse: MessageTypeDefinition<_scheduler_v2_AnnounceCachePeerResponse, _scheduler_v2_AnnounceCachePeerResponse__Output>
      AnnounceHostRequest: MessageTypeDefinition<_scheduler_v2_AnnounceHostRequest, _scheduler_v2_AnnounceHostRequest__Output>
      AnnouncePeerRequest: MessageTypeDefinition<_scheduler_v2_AnnouncePeerRequest, _scheduler_v2_AnnouncePeerRequest__Output>
      AnnouncePeerResponse: MessageTypeDefinition<_scheduler_v2_AnnouncePeerResponse, _scheduler_v2_AnnouncePeerResponse__Output>
      AnnouncePersistentCachePeerRequest: MessageTypeDefinition<_scheduler_v2_AnnouncePersistentCachePeerRequest, _scheduler_v2_AnnouncePersistentCachePeerRequest__Output>
      AnnouncePersistentCachePeerResponse: MessageTypeDefinition<_scheduler_v2_AnnouncePersistentCachePeerResponse, _scheduler_v2_AnnouncePersistentCachePeerResponse__Output>
      AnnouncePersistentPeerRequest: MessageTypeDefinition<_scheduler_v2_AnnouncePersistentPeerRequest, _scheduler_v2_AnnouncePersistentPeerRequest__Output>
      AnnouncePersistentPeerResponse: MessageTypeDefinition<_scheduler_v2_AnnouncePersistentPeerResponse, _scheduler_v2_AnnouncePersistentPeerResponse__Output>
      DeleteCachePeerRequest: MessageTypeDefinition<_scheduler_v2_DeleteCachePeerRequest, _scheduler_v2_DeleteCachePeerRequest__Output>
      DeleteCacheTaskRequest: MessageTypeDefinition<_scheduler_v2_DeleteCacheTaskRequest, _scheduler_v2_DeleteCacheTaskRequest__Output>
      DeleteHostRequest: MessageTypeDefinition<_scheduler_v2_DeleteHostRequest, _scheduler_v2_DeleteHostRequest__Output>
      DeletePeerRequest: MessageTypeDefinition<_scheduler_v2_DeletePeerRequest, _scheduler_v2_DeletePeerRequest__Output>
      DeletePersistentCachePeerRequest: MessageTypeDefinition<_scheduler_v2_DeletePersistentCachePeerRequest, _scheduler_v2_DeletePersistentCachePeerRequest__Output>
      DeletePersistentCacheTaskRequest: MessageTypeDefinition<_scheduler_v2_DeletePersistentCacheTaskRequest, _scheduler_v2_DeletePersistentCacheTaskRequest__Output>
      DeletePersistentPeerRequest: MessageTypeDefinition<_scheduler_v2_DeletePersistentPeerRequest, _scheduler_v2_DeletePersistentPeerRequest__Output>
      DeletePersistentTaskRequest: MessageTypeDefinition<_scheduler_v2_DeletePersistentTaskRequest, _scheduler_v2_DeletePersistentTaskRequest__Output>
      DeleteTaskRequest: MessageTypeDefinition<_scheduler_v2_DeleteTaskRequest, _scheduler_v2_DeleteTaskRequest__Output>
      DownloadCachePeerBackToSourceFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadCachePeerBackToSourceFailedRequest, _scheduler_v2_DownloadCachePeerBackToSourceFailedRequest__Output>
      DownloadCachePeerBackToSourceFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadCachePeerBackToSourceFinishedRequest, _scheduler_v2_DownloadCachePeerBackToSourceFinishedRequest__Output>
      DownloadCachePeerBackToSourceStartedRequest: MessageTypeDefinition<_scheduler_v2_DownloadCachePeerBackToSourceStartedRequest, _scheduler_v2_DownloadCachePeerBackToSourceStartedRequest__Output>
      DownloadCachePeerFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadCachePeerFailedRequest, _scheduler_v2_DownloadCachePeerFailedRequest__Output>
      DownloadCachePeerFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadCachePeerFinishedRequest, _scheduler_v2_DownloadCachePeerFinishedRequest__Output>
      DownloadCachePeerStartedRequest: MessageTypeDefinition<_scheduler_v2_DownloadCachePeerStartedRequest, _scheduler_v2_DownloadCachePeerStartedRequest__Output>
      DownloadPeerBackToSourceFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPeerBackToSourceFailedRequest, _scheduler_v2_DownloadPeerBackToSourceFailedRequest__Output>
      DownloadPeerBackToSourceFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPeerBackToSourceFinishedRequest, _scheduler_v2_DownloadPeerBackToSourceFinishedRequest__Output>
      DownloadPeerBackToSourceStartedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPeerBackToSourceStartedRequest, _scheduler_v2_DownloadPeerBackToSourceStartedRequest__Output>
      DownloadPeerFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPeerFailedRequest, _scheduler_v2_DownloadPeerFailedRequest__Output>
      DownloadPeerFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPeerFinishedRequest, _scheduler_v2_DownloadPeerFinishedRequest__Output>
      DownloadPeerStartedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPeerStartedRequest, _scheduler_v2_DownloadPeerStartedRequest__Output>
      DownloadPersistentCachePeerFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentCachePeerFailedRequest, _scheduler_v2_DownloadPersistentCachePeerFailedRequest__Output>
      DownloadPersistentCachePeerFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentCachePeerFinishedRequest, _scheduler_v2_DownloadPersistentCachePeerFinishedRequest__Output>
      DownloadPersistentCachePeerStartedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentCachePeerStartedRequest, _scheduler_v2_DownloadPersistentCachePeerStartedRequest__Output>
      DownloadPersistentPeerBackToSourceFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentPeerBackToSourceFailedRequest, _scheduler_v2_DownloadPersistentPeerBackToSourceFailedRequest__Output>
      DownloadPersistentPeerBackToSourceFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentPeerBackToSourceFinishedRequest, _scheduler_v2_DownloadPersistentPeerBackToSourceFinishedRequest__Output>
      DownloadPersistentPeerBackToSourceStartedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentPeerBackToSourceStartedRequest, _scheduler_v2_DownloadPersistentPeerBackToSourceStartedRequest__Output>
      DownloadPersistentPeerFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentPeerFailedRequest, _scheduler_v2_DownloadPersistentPeerFailedRequest__Output>
      DownloadPersistentPeerFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentPeerFinishedRequest, _scheduler_v2_DownloadPersistentPeerFinishedRequest__Output>
      DownloadPersistentPeerStartedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPersistentPeerStartedRequest, _scheduler_v2_DownloadPersistentPeerStartedRequest__Output>
      DownloadPieceBackToSourceFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPieceBackToSourceFailedRequest, _scheduler_v2_DownloadPieceBackToSourceFailedRequest__Output>
      DownloadPieceBackToSourceFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPieceBackToSourceFinishedRequest, _scheduler_v2_DownloadPieceBackToSourceFinishedRequest__Output>
      DownloadPieceFailedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPieceFailedRequest, _scheduler_v2_DownloadPieceFailedRequest__Output>
      DownloadPieceFinishedRequest: MessageTypeDefinition<_scheduler_v2_DownloadPieceFinishedRequest, _scheduler_v2_DownloadPieceFinishedRequest__Output>
      EmptyCacheTaskResponse: MessageTypeDefinition<_scheduler_v2_EmptyCacheTaskResponse, _scheduler_v2_EmptyCacheTaskResponse__Output>
      EmptyPersistentCacheTaskResponse: MessageTypeDefinition<_scheduler_v2_EmptyPersistentCacheTaskResponse, _scheduler_v2_EmptyPersistentCacheTaskResponse__Output>
      EmptyPersistentTaskResponse: MessageTypeDefinition<_scheduler_v2_EmptyPersistentTaskResponse, _scheduler_v2_EmptyPersistentTaskResponse__Output>
      EmptyTaskResponse: MessageTypeDefinition<_scheduler_v2_EmptyTaskResponse, _scheduler_v2_EmptyTaskResponse__Output>
      File: MessageTypeDefinition<_scheduler_v2_File, _scheduler_v2_File__Output>
      Image: MessageTypeDefinition<_scheduler_v2_Image, _scheduler_v2_Image__Output>
      Layer: MessageTypeDefinition<_scheduler_v2_Layer, _scheduler_v2_Layer__Output>
      ListHostsRequest: MessageTypeDefinition<_scheduler_v2_ListHostsRequest, _scheduler_v2_ListHostsRequest__Output>
      ListHostsResponse: MessageTypeDefinition<_scheduler_v2_ListHostsResponse, _scheduler_v2_ListHostsResponse__Output>
      MetadataOnlyResponse: MessageTypeDefinition<_scheduler_v2_MetadataOnlyResponse, _scheduler_v2_MetadataOnlyResponse__Output>
      NeedBackToSourceResponse: MessageTypeDefinition<_scheduler_v2_NeedBackToSourceResponse, _scheduler_v2_NeedBackToSourceResponse__Output>
      NormalCacheTaskResponse: MessageTypeDefinition<_scheduler_v2_NormalCacheTaskResponse, _scheduler_v2_NormalCacheTaskResponse__Output>
      NormalPersistentCacheTaskResponse: MessageTypeDefinition<_scheduler_v2_NormalPersistentCacheTaskResponse, _scheduler_v2_NormalPersistentCacheTaskResponse__Output>
      NormalPersistentTaskResponse: MessageTypeDefinition<_scheduler_v2_NormalPersistentTaskResponse, _scheduler_v2_NormalPersistentTaskResponse__Output>
      NormalTaskResponse: MessageTypeDefinition<_scheduler_v2_NormalTaskResponse, _scheduler_v2_NormalTaskResponse__Output>
      PeerFile: MessageTypeDefinition<_scheduler_v2_PeerFile, _scheduler_v2_PeerFile__Output>
      PeerImage: MessageTypeDefinition<_scheduler_v2_PeerImage, _scheduler_v2_PeerImage__Output>
      PreheatFileRequest: MessageTypeDefinition<_scheduler_v2_PreheatFileRequest, _scheduler_v2_PreheatFileRequest__Output>
      PreheatImageRequest: MessageTypeDefinition<_scheduler_v2_PreheatImageRequest, _scheduler_v2_PreheatImageRequest__Output>
      RegisterCachePeerRequest: MessageTypeDefinition<_scheduler_v2_RegisterCachePeerRequest, _scheduler_v2_RegisterCachePeerRequest__Output>
      RegisterPeerRequest: MessageTypeDefinition<_scheduler_v2_RegisterPeerRequest, _scheduler_v2_RegisterPeerRequest__Output>
      RegisterPersistentCachePeerRequest: MessageTypeDefinition<_scheduler_v2_RegisterPersistentCachePeerRequest, _scheduler_v2_RegisterPersistentCachePeerRequest__Output>
      RegisterPersistentPeerRequest: MessageTypeDefinition<_scheduler_v2_RegisterPersistentPeerRequest, _scheduler_v2_RegisterPersistentPeerRequest__Output>
      RescheduleCachePeerRequest: MessageTypeDefinition<_scheduler_v2_RescheduleCachePeerRequest, _scheduler_v2_RescheduleCachePeerRequest__Output>
      ReschedulePeerRequest: MessageTypeDefinition<_scheduler_v2_ReschedulePeerRequest, _scheduler_v2_ReschedulePeerRequest__Output>
      ReschedulePersistentCachePeerRequest: MessageTypeDefinition<_scheduler_v2_ReschedulePersistentCachePeerRequest, _scheduler_v2_ReschedulePersistentCachePeerRequest__Output>
      ReschedulePersistentPeerRequest: MessageTypeDefinition<_scheduler_v2_ReschedulePersistentPeerRequest, _scheduler_v2_ReschedulePersistentPeerRequest__Output>
      /**
       * Tells peers which parents to fetch from, and keeps count of who holds what.
       */
      Scheduler: SubtypeConstructor<typeof grpc.Client, _scheduler_v2_SchedulerClient> & { service: _scheduler_v2_SchedulerDefinition }
      StatCachePeerRequest: MessageTypeDefinition<_scheduler_v2_StatCachePeerRequest, _scheduler_v2_StatCachePeerRequest__Output>
      StatCacheTaskRequest: MessageTypeDefinition<_scheduler_v2_StatCacheTaskRequest, _scheduler_v2_StatCacheTaskRequest__Output>
      StatFileRequest: MessageTypeDefinition<_scheduler_v2_StatFileRequest, _scheduler_v2_StatFileRequest__Output>
      StatFileResponse: MessageTypeDefinition<_scheduler_v2_StatFileResponse, _scheduler_v2_StatFileResponse__Output>
      StatImageRequest: MessageTypeDefinition<_scheduler_v2_StatImageRequest, _scheduler_v2_StatImageRequest__Output>
      StatImageResponse: MessageTypeDefinition<_scheduler_v2_StatImageResponse, _scheduler_v2_StatImageResponse__Output>
      StatPeerRequest: MessageTypeDefinition<_scheduler_v2_StatPeerRequest, _scheduler_v2_StatPeerRequest__Output>
      StatPersistentCachePeerRequest: MessageTypeDefinition<_scheduler_v2_StatPersistentCachePeerRequest, _scheduler_v2_StatPersistentCachePeerRequest__Output>
      StatPersistentCacheTaskRequest: MessageTypeDefinition<_scheduler_v2_StatPersistentCacheTaskRequest, _scheduler_v2_StatPersistentCacheTaskRequest__Output>
      StatPersistentPeerRequest: MessageTypeDefinition<_scheduler_v2_StatPersistentPeerRequest, _scheduler_v2_StatPersistentPeerRequest__Output>
      StatPersistentTaskRequest: MessageTypeDefinition<_scheduler_v2_StatPersistentTaskRequest, _scheduler_v2_StatPersistentTaskRequest__Output>
      StatTaskRequest: MessageTypeDefinition<_scheduler_v2_StatTaskRequest, _scheduler_v2_StatTaskRequest__Output>
      UploadPersistentCacheTaskFailedRequest: MessageTypeDefinition<_scheduler_v2_UploadPersistentCacheTaskFailedRequest, _scheduler_v2_UploadPersistentCacheTaskFailedRequest__Output>
      UploadPersistentCacheTaskFinishedRequest: MessageTypeDefinition<_scheduler_v2_UploadPersistentCacheTaskFinishedRequest, _scheduler_v2_UploadPersistentCacheTaskFinishedRequest__Output>
      UploadPersistentCacheTaskStartedRequest: MessageTypeDefinition<_scheduler_v2_UploadPersistentCacheTaskStartedRequest, _scheduler_v2_UploadPersistentCacheTaskStartedRequest__Output>
      UploadPersistentTaskFailedRequest: MessageTypeDefinition<_scheduler_v2_UploadPersistentTaskFailedRequest, _scheduler_v2_UploadPersistentTaskFailedRequest__Output>
      UploadPersistentTaskFinishedRequest: MessageTypeDefinition<_scheduler_v2_UploadPersistentTaskFinishedRequest, _scheduler_v2_UploadPersistentTaskFinishedRequest__Output>
      UploadPersistentTaskStartedRequest: MessageTypeDefinition<_scheduler_v2_UploadPersistentTaskStartedRequest, _scheduler_v2_UploadPersistentTaskStartedRequest__Output>
    }
  }
}

