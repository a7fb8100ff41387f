import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { ClusterStatus as _p2pfs_v1_ClusterStatus, ClusterStatus__Output as _p2pfs_v1_ClusterStatus__Output } from './p2pfs/v1/ClusterStatus.ts';
import type { ControlClient as _p2pfs_v1_ControlClient, ControlDefinition as _p2pfs_v1_ControlDefinition } from './p2pfs/v1/Control.ts';
import type { LeaveRequest as _p2pfs_v1_LeaveRequest, LeaveRequest__Output as _p2pfs_v1_LeaveRequest__Output } from './p2pfs/v1/LeaveRequest.ts';
import type { LeaveResponse as _p2pfs_v1_LeaveResponse, LeaveResponse__Output as _p2pfs_v1_LeaveResponse__Output } from './p2pfs/v1/LeaveResponse.ts';
import type { LinkRequest as _p2pfs_v1_LinkRequest, LinkRequest__Output as _p2pfs_v1_LinkRequest__Output } from './p2pfs/v1/LinkRequest.ts';
import type { LinkResponse as _p2pfs_v1_LinkResponse, LinkResponse__Output as _p2pfs_v1_LinkResponse__Output } from './p2pfs/v1/LinkResponse.ts';
import type { MemberStatus as _p2pfs_v1_MemberStatus, MemberStatus__Output as _p2pfs_v1_MemberStatus__Output } from './p2pfs/v1/MemberStatus.ts';
import type { MembershipStatus as _p2pfs_v1_MembershipStatus, MembershipStatus__Output as _p2pfs_v1_MembershipStatus__Output } from './p2pfs/v1/MembershipStatus.ts';
import type { MountRequest as _p2pfs_v1_MountRequest, MountRequest__Output as _p2pfs_v1_MountRequest__Output } from './p2pfs/v1/MountRequest.ts';
import type { MountResponse as _p2pfs_v1_MountResponse, MountResponse__Output as _p2pfs_v1_MountResponse__Output } from './p2pfs/v1/MountResponse.ts';
import type { MountStatus as _p2pfs_v1_MountStatus, MountStatus__Output as _p2pfs_v1_MountStatus__Output } from './p2pfs/v1/MountStatus.ts';
import type { OpenContentRequest as _p2pfs_v1_OpenContentRequest, OpenContentRequest__Output as _p2pfs_v1_OpenContentRequest__Output } from './p2pfs/v1/OpenContentRequest.ts';
import type { OpenContentResponse as _p2pfs_v1_OpenContentResponse, OpenContentResponse__Output as _p2pfs_v1_OpenContentResponse__Output } from './p2pfs/v1/OpenContentResponse.ts';
import type { RemoveMemberRequest as _p2pfs_v1_RemoveMemberRequest, RemoveMemberRequest__Output as _p2pfs_v1_RemoveMemberRequest__Output } from './p2pfs/v1/RemoveMemberRequest.ts';
import type { RemoveMemberResponse as _p2pfs_v1_RemoveMemberResponse, RemoveMemberResponse__Output as _p2pfs_v1_RemoveMemberResponse__Output } from './p2pfs/v1/RemoveMemberResponse.ts';
import type { RemovedStatus as _p2pfs_v1_RemovedStatus, RemovedStatus__Output as _p2pfs_v1_RemovedStatus__Output } from './p2pfs/v1/RemovedStatus.ts';
import type { SchedulerStatus as _p2pfs_v1_SchedulerStatus, SchedulerStatus__Output as _p2pfs_v1_SchedulerStatus__Output } from './p2pfs/v1/SchedulerStatus.ts';
import type { StatusRequest as _p2pfs_v1_StatusRequest, StatusRequest__Output as _p2pfs_v1_StatusRequest__Output } from './p2pfs/v1/StatusRequest.ts';
import type { StatusResponse as _p2pfs_v1_StatusResponse, StatusResponse__Output as _p2pfs_v1_StatusResponse__Output } from './p2pfs/v1/StatusResponse.ts';
import type { StopRequest as _p2pfs_v1_StopRequest, StopRequest__Output as _p2pfs_v1_StopRequest__Output } from './p2pfs/v1/StopRequest.ts';
import type { StopResponse as _p2pfs_v1_StopResponse, StopResponse__Output as _p2pfs_v1_StopResponse__Output } from './p2pfs/v1/StopResponse.ts';
import type { StorageStatus as _p2pfs_v1_StorageStatus, StorageStatus__Output as _p2pfs_v1_StorageStatus__Output } from './p2pfs/v1/StorageStatus.ts';
import type { TaskStatus as _p2pfs_v1_TaskStatus, TaskStatus__Output as _p2pfs_v1_TaskStatus__Output } from './p2pfs/v1/TaskStatus.ts';
import type { UnlinkRequest as _p2pfs_v1_UnlinkRequest, UnlinkRequest__Output as _p2pfs_v1_UnlinkRequest__Output } from './p2pfs/v1/UnlinkRequest.ts';
import type { UnlinkResponse as _p2pfs_v1_UnlinkResponse, UnlinkResponse__Output as _p2pfs_v1_UnlinkResponse__Output } from './p2pfs/v1/UnlinkResponse.ts';
import type { UnmountRequest as _p2pfs_v1_UnmountRequest, UnmountRequest__Output as _p2pfs_v1_UnmountRequest__Output } from './p2pfs/v1/UnmountRequest.ts';
import type { UnmountResponse as _p2pfs_v1_UnmountResponse, UnmountResponse__Output as _p2pfs_v1_UnmountResponse__Output } from './p2pfs/v1/UnmountResponse.ts';

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
      ClusterStatus: MessageTypeDefinition<_p2pfs_v1_ClusterStatus, _p2pfs_v1_ClusterStatus__Output>
      /**
       * Served on the daemon's Unix socket beside dfdaemon.v2.DfdaemonDownload.
       */
      Control: SubtypeConstructor<typeof grpc.Client, _p2pfs_v1_ControlClient> & { service: _p2pfs_v1_ControlDefinition }
      LeaveRequest: MessageTypeDefinition<_p2pfs_v1_LeaveRequest, _p2pfs_v1_LeaveRequest__Output>
      LeaveResponse: MessageTypeDefinition<_p2pfs_v1_LeaveResponse, _p2pfs_v1_LeaveResponse__Output>
      LinkRequest: MessageTypeDefinition<_p2pfs_v1_LinkRequest, _p2pfs_v1_LinkRequest__Output>
      LinkResponse: MessageTypeDefinition<_p2pfs_v1_LinkResponse, _p2pfs_v1_LinkResponse__Output>
      MemberStatus: MessageTypeDefinition<_p2pfs_v1_MemberStatus, _p2pfs_v1_MemberStatus__Output>
      MembershipStatus: MessageTypeDefinition<_p2pfs_v1_MembershipStatus, _p2pfs_v1_MembershipStatus__Output>
      MountRequest: MessageTypeDefinition<_p2pfs_v1_MountRequest, _p2pfs_v1_MountRequest__Output>
      MountResponse: MessageTypeDefinition<_p2pfs_v1_MountResponse, _p2pfs_v1_MountResponse__Output>
      MountStatus: MessageTypeDefinition<_p2pfs_v1_MountStatus, _p2pfs_v1_MountStatus__Output>
      OpenContentRequest: MessageTypeDefinition<_p2pfs_v1_OpenContentRequest, _p2pfs_v1_OpenContentRequest__Output>
      OpenContentResponse: MessageTypeDefinition<_p2pfs_v1_OpenContentResponse, _p2pfs_v1_OpenContentResponse__Output>
      RemoveMemberRequest: MessageTypeDefinition<_p2pfs_v1_RemoveMemberRequest, _p2pfs_v1_RemoveMemberRequest__Output>
      RemoveMemberResponse: MessageTypeDefinition<_p2pfs_v1_RemoveMemberResponse, _p2pfs_v1_RemoveMemberResponse__Output>
      RemovedStatus: MessageTypeDefinition<_p2pfs_v1_RemovedStatus, _p2pfs_v1_RemovedStatus__Output>
      SchedulerStatus: MessageTypeDefinition<_p2pfs_v1_SchedulerStatus, _p2pfs_v1_SchedulerStatus__Output>
      StatusRequest: MessageTypeDefinition<_p2pfs_v1_StatusRequest, _p2pfs_v1_StatusRequest__Output>
      StatusResponse: MessageTypeDefinition<_p2pfs_v1_StatusResponse, _p2pfs_v1_StatusResponse__Output>
      StopRequest: MessageTypeDefinition<_p2pfs_v1_StopRequest, _p2pfs_v1_StopRequest__Output>
      StopResponse: MessageTypeDefinition<_p2pfs_v1_StopResponse, _p2pfs_v1_StopResponse__Output>
      StorageStatus: MessageTypeDefinition<_p2pfs_v1_StorageStatus, _p2pfs_v1_StorageStatus__Output>
      TaskStatus: MessageTypeDefinition<_p2pfs_v1_TaskStatus, _p2pfs_v1_TaskStatus__Output>
      UnlinkRequest: MessageTypeDefinition<_p2pfs_v1_UnlinkRequest, _p2pfs_v1_UnlinkRequest__Output>
      UnlinkResponse: MessageTypeDefinition<_p2pfs_v1_UnlinkResponse, _p2pfs_v1_UnlinkResponse__Output>
      UnmountRequest: MessageTypeDefinition<_p2pfs_v1_UnmountRequest, _p2pfs_v1_UnmountRequest__Output>
      UnmountResponse: MessageTypeDefinition<_p2pfs_v1_UnmountResponse, _p2pfs_v1_UnmountResponse__Output>
    }
  }
}

