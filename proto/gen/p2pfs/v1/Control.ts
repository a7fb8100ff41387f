// Original file: p2pfs/v1/control.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { LeaveRequest as _p2pfs_v1_LeaveRequest, LeaveRequest__Output as _p2pfs_v1_LeaveRequest__Output } from '../../p2pfs/v1/LeaveRequest.ts';
import type { LeaveResponse as _p2pfs_v1_LeaveResponse, LeaveResponse__Output as _p2pfs_v1_LeaveResponse__Output } from '../../p2pfs/v1/LeaveResponse.ts';
import type { LinkRequest as _p2pfs_v1_LinkRequest, LinkRequest__Output as _p2pfs_v1_LinkRequest__Output } from '../../p2pfs/v1/LinkRequest.ts';
import type { LinkResponse as _p2pfs_v1_LinkResponse, LinkResponse__Output as _p2pfs_v1_LinkResponse__Output } from '../../p2pfs/v1/LinkResponse.ts';
import type { MountRequest as _p2pfs_v1_MountRequest, MountRequest__Output as _p2pfs_v1_MountRequest__Output } from '../../p2pfs/v1/MountRequest.ts';
import type { MountResponse as _p2pfs_v1_MountResponse, MountResponse__Output as _p2pfs_v1_MountResponse__Output } from '../../p2pfs/v1/MountResponse.ts';
import type { OpenContentRequest as _p2pfs_v1_OpenContentRequest, OpenContentRequest__Output as _p2pfs_v1_OpenContentRequest__Output } from '../../p2pfs/v1/OpenContentRequest.ts';
import type { OpenContentResponse as _p2pfs_v1_OpenContentResponse, OpenContentResponse__Output as _p2pfs_v1_OpenContentResponse__Output } from '../../p2pfs/v1/OpenContentResponse.ts';
import type { RemoveMemberRequest as _p2pfs_v1_RemoveMemberRequest, RemoveMemberRequest__Output as _p2pfs_v1_RemoveMemberRequest__Output } from '../../p2pfs/v1/RemoveMemberRequest.ts';
import type { RemoveMemberResponse as _p2pfs_v1_RemoveMemberResponse, RemoveMemberResponse__Output as _p2pfs_v1_RemoveMemberResponse__Output } from '../../p2pfs/v1/RemoveMemberResponse.ts';
import type { StatusRequest as _p2pfs_v1_StatusRequest, StatusRequest__Output as _p2pfs_v1_StatusRequest__Output } from '../../p2pfs/v1/StatusRequest.ts';
import type { StatusResponse as _p2pfs_v1_StatusResponse, StatusResponse__Output as _p2pfs_v1_StatusResponse__Output } from '../../p2pfs/v1/StatusResponse.ts';
import type { StopRequest as _p2pfs_v1_StopRequest, StopRequest__Output as _p2pfs_v1_StopRequest__Output } from '../../p2pfs/v1/StopRequest.ts';
import type { StopResponse as _p2pfs_v1_StopResponse, StopResponse__Output as _p2pfs_v1_StopResponse__Output } from '../../p2pfs/v1/StopResponse.ts';
import type { UnlinkRequest as _p2pfs_v1_UnlinkRequest, UnlinkRequest__Output as _p2pfs_v1_UnlinkRequest__Output } from '../../p2pfs/v1/UnlinkRequest.ts';
import type { UnlinkResponse as _p2pfs_v1_UnlinkResponse, UnlinkResponse__Output as _p2pfs_v1_UnlinkResponse__Output } from '../../p2pfs/v1/UnlinkResponse.ts';
import type { UnmountRequest as _p2pfs_v1_UnmountRequest, UnmountRequest__Output as _p2pfs_v1_UnmountRequest__Output } from '../../p2pfs/v1/UnmountRequest.ts';
import type { UnmountResponse as _p2pfs_v1_UnmountResponse, UnmountResponse__Output as _p2pfs_v1_UnmountResponse__Output } from '../../p2pfs/v1/UnmountResponse.ts';

/**
 * Served on the daemon's Unix socket beside dfdaemon.v2.DfdaemonDownload.
 */
export interface ControlClient extends grpc.Client {
  /**
   * Takes this host out of its cluster: its schedulers forget what it holds. It is back when the daemon starts anew.
   */
  Leave(argument: _p2pfs_v1_LeaveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _p2pfs_v1_LeaveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _p2pfs_v1_LeaveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _p2pfs_v1_LeaveRequest, callback: grpc.requestCallback<_p2pfs_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Takes this host out of its cluster: its schedulers forget what it holds. It is back when the daemon starts anew.
   */
  leave(argument: _p2pfs_v1_LeaveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _p2pfs_v1_LeaveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _p2pfs_v1_LeaveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _p2pfs_v1_LeaveRequest, callback: grpc.requestCallback<_p2pfs_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Makes a name below url/ in every mount of this daemon.
   */
  Link(argument: _p2pfs_v1_LinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LinkResponse__Output>): grpc.ClientUnaryCall;
  Link(argument: _p2pfs_v1_LinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_LinkResponse__Output>): grpc.ClientUnaryCall;
  Link(argument: _p2pfs_v1_LinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LinkResponse__Output>): grpc.ClientUnaryCall;
  Link(argument: _p2pfs_v1_LinkRequest, callback: grpc.requestCallback<_p2pfs_v1_LinkResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Makes a name below url/ in every mount of this daemon.
   */
  link(argument: _p2pfs_v1_LinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LinkResponse__Output>): grpc.ClientUnaryCall;
  link(argument: _p2pfs_v1_LinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_LinkResponse__Output>): grpc.ClientUnaryCall;
  link(argument: _p2pfs_v1_LinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_LinkResponse__Output>): grpc.ClientUnaryCall;
  link(argument: _p2pfs_v1_LinkRequest, callback: grpc.requestCallback<_p2pfs_v1_LinkResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Returns once the mount answers.
   */
  Mount(argument: _p2pfs_v1_MountRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_MountResponse__Output>): grpc.ClientUnaryCall;
  Mount(argument: _p2pfs_v1_MountRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_MountResponse__Output>): grpc.ClientUnaryCall;
  Mount(argument: _p2pfs_v1_MountRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_MountResponse__Output>): grpc.ClientUnaryCall;
  Mount(argument: _p2pfs_v1_MountRequest, callback: grpc.requestCallback<_p2pfs_v1_MountResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Returns once the mount answers.
   */
  mount(argument: _p2pfs_v1_MountRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_MountResponse__Output>): grpc.ClientUnaryCall;
  mount(argument: _p2pfs_v1_MountRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_MountResponse__Output>): grpc.ClientUnaryCall;
  mount(argument: _p2pfs_v1_MountRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_MountResponse__Output>): grpc.ClientUnaryCall;
  mount(argument: _p2pfs_v1_MountRequest, callback: grpc.requestCallback<_p2pfs_v1_MountResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Where the content of a task lies, for a program that may read it with its own rights. Of a task that is not finished
   * only those pieces may be read that a download has told. Answers once, and what is there stays until the client ends the
   * call: without it bytes may go to make room for others.
   */
  OpenContent(argument: _p2pfs_v1_OpenContentRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_p2pfs_v1_OpenContentResponse__Output>;
  OpenContent(argument: _p2pfs_v1_OpenContentRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_p2pfs_v1_OpenContentResponse__Output>;
  /**
   * Where the content of a task lies, for a program that may read it with its own rights. Of a task that is not finished
   * only those pieces may be read that a download has told. Answers once, and what is there stays until the client ends the
   * call: without it bytes may go to make room for others.
   */
  openContent(argument: _p2pfs_v1_OpenContentRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_p2pfs_v1_OpenContentResponse__Output>;
  openContent(argument: _p2pfs_v1_OpenContentRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_p2pfs_v1_OpenContentResponse__Output>;
  
  /**
   * Takes another host out of the cluster of our own whose authority this host keeps.
   */
  RemoveMember(argument: _p2pfs_v1_RemoveMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_RemoveMemberResponse__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _p2pfs_v1_RemoveMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_RemoveMemberResponse__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _p2pfs_v1_RemoveMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_RemoveMemberResponse__Output>): grpc.ClientUnaryCall;
  RemoveMember(argument: _p2pfs_v1_RemoveMemberRequest, callback: grpc.requestCallback<_p2pfs_v1_RemoveMemberResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Takes another host out of the cluster of our own whose authority this host keeps.
   */
  removeMember(argument: _p2pfs_v1_RemoveMemberRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_RemoveMemberResponse__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _p2pfs_v1_RemoveMemberRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_RemoveMemberResponse__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _p2pfs_v1_RemoveMemberRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_RemoveMemberResponse__Output>): grpc.ClientUnaryCall;
  removeMember(argument: _p2pfs_v1_RemoveMemberRequest, callback: grpc.requestCallback<_p2pfs_v1_RemoveMemberResponse__Output>): grpc.ClientUnaryCall;
  
  Status(argument: _p2pfs_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _p2pfs_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _p2pfs_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  Status(argument: _p2pfs_v1_StatusRequest, callback: grpc.requestCallback<_p2pfs_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _p2pfs_v1_StatusRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _p2pfs_v1_StatusRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _p2pfs_v1_StatusRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  status(argument: _p2pfs_v1_StatusRequest, callback: grpc.requestCallback<_p2pfs_v1_StatusResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Returns once the daemon has begun to stop; it is gone when its socket is.
   */
  Stop(argument: _p2pfs_v1_StopRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  Stop(argument: _p2pfs_v1_StopRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  Stop(argument: _p2pfs_v1_StopRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  Stop(argument: _p2pfs_v1_StopRequest, callback: grpc.requestCallback<_p2pfs_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Returns once the daemon has begun to stop; it is gone when its socket is.
   */
  stop(argument: _p2pfs_v1_StopRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  stop(argument: _p2pfs_v1_StopRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  stop(argument: _p2pfs_v1_StopRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  stop(argument: _p2pfs_v1_StopRequest, callback: grpc.requestCallback<_p2pfs_v1_StopResponse__Output>): grpc.ClientUnaryCall;
  
  Unlink(argument: _p2pfs_v1_UnlinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_UnlinkResponse__Output>): grpc.ClientUnaryCall;
  Unlink(argument: _p2pfs_v1_UnlinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_UnlinkResponse__Output>): grpc.ClientUnaryCall;
  Unlink(argument: _p2pfs_v1_UnlinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_UnlinkResponse__Output>): grpc.ClientUnaryCall;
  Unlink(argument: _p2pfs_v1_UnlinkRequest, callback: grpc.requestCallback<_p2pfs_v1_UnlinkResponse__Output>): grpc.ClientUnaryCall;
  unlink(argument: _p2pfs_v1_UnlinkRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_UnlinkResponse__Output>): grpc.ClientUnaryCall;
  unlink(argument: _p2pfs_v1_UnlinkRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_UnlinkResponse__Output>): grpc.ClientUnaryCall;
  unlink(argument: _p2pfs_v1_UnlinkRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_UnlinkResponse__Output>): grpc.ClientUnaryCall;
  unlink(argument: _p2pfs_v1_UnlinkRequest, callback: grpc.requestCallback<_p2pfs_v1_UnlinkResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Returns once the directory is no longer a mount of this daemon.
   */
  Unmount(argument: _p2pfs_v1_UnmountRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_UnmountResponse__Output>): grpc.ClientUnaryCall;
  Unmount(argument: _p2pfs_v1_UnmountRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_UnmountResponse__Output>): grpc.ClientUnaryCall;
  Unmount(argument: _p2pfs_v1_UnmountRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_UnmountResponse__Output>): grpc.ClientUnaryCall;
  Unmount(argument: _p2pfs_v1_UnmountRequest, callback: grpc.requestCallback<_p2pfs_v1_UnmountResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Returns once the directory is no longer a mount of this daemon.
   */
  unmount(argument: _p2pfs_v1_UnmountRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_UnmountResponse__Output>): grpc.ClientUnaryCall;
  unmount(argument: _p2pfs_v1_UnmountRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_p2pfs_v1_UnmountResponse__Output>): grpc.ClientUnaryCall;
  unmount(argument: _p2pfs_v1_UnmountRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_p2pfs_v1_UnmountResponse__Output>): grpc.ClientUnaryCall;
  unmount(argument: _p2pfs_v1_UnmountRequest, callback: grpc.requestCallback<_p2pfs_v1_UnmountResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Served on the daemon's Unix socket beside dfdaemon.v2.DfdaemonDownload.
 */
export interface ControlHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Takes this host out of its cluster: its schedulers forget what it holds. It is back when the daemon starts anew.
   */
  Leave: grpc.handleUnaryCall<_p2pfs_v1_LeaveRequest__Output, _p2pfs_v1_LeaveResponse>;
  
  /**
   * Makes a name below url/ in every mount of this daemon.
   */
  Link: grpc.handleUnaryCall<_p2pfs_v1_LinkRequest__Output, _p2pfs_v1_LinkResponse>;
  
  /**
   * Returns once the mount answers.
   */
  Mount: grpc.handleUnaryCall<_p2pfs_v1_MountRequest__Output, _p2pfs_v1_MountResponse>;
  
  /**
   * Where the content of a task lies, for a program that may read it with its own rights. Of a task that is not finished
   * only those pieces may be read that a download has told. Answers once, and what is there stays until the client ends the
   * call: without it bytes may go to make room for others.
   */
  OpenContent: grpc.handleServerStreamingCall<_p2pfs_v1_OpenContentRequest__Output, _p2pfs_v1_OpenContentResponse>;
  
  /**
   * Takes another host out of the cluster of our own whose authority this host keeps.
   */
  RemoveMember: grpc.handleUnaryCall<_p2pfs_v1_RemoveMemberRequest__Output, _p2pfs_v1_RemoveMemberResponse>;
  
  Status: grpc.handleUnaryCall<_p2pfs_v1_StatusRequest__Output, _p2pfs_v1_StatusResponse>;
  
  /**
   * Returns once the daemon has begun to stop; it is gone when its socket is.
   */
  Stop: grpc.handleUnaryCall<_p2pfs_v1_StopRequest__Output, _p2pfs_v1_StopResponse>;
  
  Unlink: grpc.handleUnaryCall<_p2pfs_v1_UnlinkRequest__Output, _p2pfs_v1_UnlinkResponse>;
  
  /**
   * Returns once the directory is no longer a mount of this daemon.
   */
  Unmount: grpc.handleUnaryCall<_p2pfs_v1_UnmountRequest__Output, _p2pfs_v1_UnmountResponse>;
  
}

export interface ControlDefinition extends grpc.ServiceDefinition {
  Leave: MethodDefinition<_p2pfs_v1_LeaveRequest, _p2pfs_v1_LeaveResponse, _p2pfs_v1_LeaveRequest__Output, _p2pfs_v1_LeaveResponse__Output>
  Link: MethodDefinition<_p2pfs_v1_LinkRequest, _p2pfs_v1_LinkResponse, _p2pfs_v1_LinkRequest__Output, _p2pfs_v1_LinkResponse__Output>
  Mount: MethodDefinition<_p2pfs_v1_MountRequest, _p2pfs_v1_MountResponse, _p2pfs_v1_MountRequest__Output, _p2pfs_v1_MountResponse__Output>
  OpenContent: MethodDefinition<_p2pfs_v1_OpenContentRequest, _p2pfs_v1_OpenContentResponse, _p2pfs_v1_OpenContentRequest__Output, _p2pfs_v1_OpenContentResponse__Output>
  RemoveMember: MethodDefinition<_p2pfs_v1_RemoveMemberRequest, _p2pfs_v1_RemoveMemberResponse, _p2pfs_v1_RemoveMemberRequest__Output, _p2pfs_v1_RemoveMemberResponse__Output>
  Status: MethodDefinition<_p2pfs_v1_StatusRequest, _p2pfs_v1_StatusResponse, _p2pfs_v1_StatusRequest__Output, _p2pfs_v1_StatusResponse__Output>
  Stop: MethodDefinition<_p2pfs_v1_StopRequest, _p2pfs_v1_StopResponse, _p2pfs_v1_StopRequest__Output, _p2pfs_v1_StopResponse__Output>
  Unlink: MethodDefinition<_p2pfs_v1_UnlinkRequest, _p2pfs_v1_UnlinkResponse, _p2pfs_v1_UnlinkRequest__Output, _p2pfs_v1_UnlinkResponse__Output>
  Unmount: MethodDefinition<_p2pfs_v1_UnmountRequest, _p2pfs_v1_UnmountResponse, _p2pfs_v1_UnmountRequest__Output, _p2pfs_v1_UnmountResponse__Output>
}
