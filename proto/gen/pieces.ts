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
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { ContentVersion as _p2pfs_v1_ContentVersion, ContentVersion__Output as _p2pfs_v1_ContentVersion__Output } from './p2pfs/v1/ContentVersion.ts';
import type { ManifestRequest as _p2pfs_v1_ManifestRequest, ManifestRequest__Output as _p2pfs_v1_ManifestRequest__Output } from './p2pfs/v1/ManifestRequest.ts';
import type { ManifestResponse as _p2pfs_v1_ManifestResponse, ManifestResponse__Output as _p2pfs_v1_ManifestResponse__Output } from './p2pfs/v1/ManifestResponse.ts';
import type { PiecesClient as _p2pfs_v1_PiecesClient, PiecesDefinition as _p2pfs_v1_PiecesDefinition } from './p2pfs/v1/Pieces.ts';
import type { WantRequest as _p2pfs_v1_WantRequest, WantRequest__Output as _p2pfs_v1_WantRequest__Output } from './p2pfs/v1/WantRequest.ts';
import type { WantResponse as _p2pfs_v1_WantResponse, WantResponse__Output as _p2pfs_v1_WantResponse__Output } from './p2pfs/v1/WantResponse.ts';
import type { WitnessedPiece as _p2pfs_v1_WitnessedPiece, WitnessedPiece__Output as _p2pfs_v1_WitnessedPiece__Output } from './p2pfs/v1/WitnessedPiece.ts';

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
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  p2pfs: {
    v1: {
      ContentVersion: MessageTypeDefinition<_p2pfs_v1_ContentVersion, _p2pfs_v1_ContentVersion__Output>
      ManifestRequest: MessageTypeDefinition<_p2pfs_v1_ManifestRequest, _p2pfs_v1_ManifestRequest__Output>
      ManifestResponse: MessageTypeDefinition<_p2pfs_v1_ManifestResponse, _p2pfs_v1_ManifestResponse__Output>
      Pieces: SubtypeConstructor<typeof grpc.Client, _p2pfs_v1_PiecesClient> & { service: _p2pfs_v1_PiecesDefinition }
      WantPriority: EnumTypeDefinition
      WantRequest: MessageTypeDefinition<_p2pfs_v1_WantRequest, _p2pfs_v1_WantRequest__Output>
      WantResponse: MessageTypeDefinition<_p2pfs_v1_WantResponse, _p2pfs_v1_WantResponse__Output>
      WitnessedPiece: MessageTypeDefinition<_p2pfs_v1_WitnessedPiece, _p2pfs_v1_WitnessedPiece__Output>
    }
  }
}

