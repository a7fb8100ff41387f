import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { ClusterClient as _p2pfs_v1_ClusterClient, ClusterDefinition as _p2pfs_v1_ClusterDefinition } from './p2pfs/v1/Cluster.ts';
import type { ClusterEntranceClient as _p2pfs_v1_ClusterEntranceClient, ClusterEntranceDefinition as _p2pfs_v1_ClusterEntranceDefinition } from './p2pfs/v1/ClusterEntrance.ts';
import type { ClusterMember as _p2pfs_v1_ClusterMember, ClusterMember__Output as _p2pfs_v1_ClusterMember__Output } from './p2pfs/v1/ClusterMember.ts';
import type { JoinRequest as _p2pfs_v1_JoinRequest, JoinRequest__Output as _p2pfs_v1_JoinRequest__Output } from './p2pfs/v1/JoinRequest.ts';
import type { JoinResponse as _p2pfs_v1_JoinResponse, JoinResponse__Output as _p2pfs_v1_JoinResponse__Output } from './p2pfs/v1/JoinResponse.ts';
import type { LeaveClusterRequest as _p2pfs_v1_LeaveClusterRequest, LeaveClusterRequest__Output as _p2pfs_v1_LeaveClusterRequest__Output } from './p2pfs/v1/LeaveClusterRequest.ts';
import type { LeaveClusterResponse as _p2pfs_v1_LeaveClusterResponse, LeaveClusterResponse__Output as _p2pfs_v1_LeaveClusterResponse__Output } from './p2pfs/v1/LeaveClusterResponse.ts';
import type { MemberHost as _p2pfs_v1_MemberHost, MemberHost__Output as _p2pfs_v1_MemberHost__Output } from './p2pfs/v1/MemberHost.ts';
import type { RemovedMember as _p2pfs_v1_RemovedMember, RemovedMember__Output as _p2pfs_v1_RemovedMember__Output } from './p2pfs/v1/RemovedMember.ts';
import type { RenewRequest as _p2pfs_v1_RenewRequest, RenewRequest__Output as _p2pfs_v1_RenewRequest__Output } from './p2pfs/v1/RenewRequest.ts';
import type { RenewResponse as _p2pfs_v1_RenewResponse, RenewResponse__Output as _p2pfs_v1_RenewResponse__Output } from './p2pfs/v1/RenewResponse.ts';
import type { SyncRequest as _p2pfs_v1_SyncRequest, SyncRequest__Output as _p2pfs_v1_SyncRequest__Output } from './p2pfs/v1/SyncRequest.ts';
import type { SyncResponse as _p2pfs_v1_SyncResponse, SyncResponse__Output as _p2pfs_v1_SyncResponse__Output } from './p2pfs/v1/SyncResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  p2pfs: {
    v1: {
      /**
       * For hosts with a certificate of the cluster, which also says who asks.
       */
      Cluster: SubtypeConstructor<typeof grpc.Client, _p2pfs_v1_ClusterClient> & { service: _p2pfs_v1_ClusterDefinition }
      /**
       * For hosts that have no certificate yet. They know the server by the authority's fingerprint in their token.
       */
      ClusterEntrance: SubtypeConstructor<typeof grpc.Client, _p2pfs_v1_ClusterEntranceClient> & { service: _p2pfs_v1_ClusterEntranceDefinition }
      ClusterMember: MessageTypeDefinition<_p2pfs_v1_ClusterMember, _p2pfs_v1_ClusterMember__Output>
      JoinRequest: MessageTypeDefinition<_p2pfs_v1_JoinRequest, _p2pfs_v1_JoinRequest__Output>
      JoinResponse: MessageTypeDefinition<_p2pfs_v1_JoinResponse, _p2pfs_v1_JoinResponse__Output>
      LeaveClusterRequest: MessageTypeDefinition<_p2pfs_v1_LeaveClusterRequest, _p2pfs_v1_LeaveClusterRequest__Output>
      LeaveClusterResponse: MessageTypeDefinition<_p2pfs_v1_LeaveClusterResponse, _p2pfs_v1_LeaveClusterResponse__Output>
      MemberHost: MessageTypeDefinition<_p2pfs_v1_MemberHost, _p2pfs_v1_MemberHost__Output>
      RemovedMember: MessageTypeDefinition<_p2pfs_v1_RemovedMember, _p2pfs_v1_RemovedMember__Output>
      RenewRequest: MessageTypeDefinition<_p2pfs_v1_RenewRequest, _p2pfs_v1_RenewRequest__Output>
      RenewResponse: MessageTypeDefinition<_p2pfs_v1_RenewResponse, _p2pfs_v1_RenewResponse__Output>
      SyncRequest: MessageTypeDefinition<_p2pfs_v1_SyncRequest, _p2pfs_v1_SyncRequest__Output>
      SyncResponse: MessageTypeDefinition<_p2pfs_v1_SyncResponse, _p2pfs_v1_SyncResponse__Output>
    }
  }
}

