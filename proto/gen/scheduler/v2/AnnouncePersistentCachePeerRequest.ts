// Original file: scheduler/v2/scheduler.proto

import type { RegisterPersistentCachePeerRequest as _scheduler_v2_RegisterPersistentCachePeerRequest, RegisterPersistentCachePeerRequest__Output as _scheduler_v2_RegisterPersistentCachePeerRequest__Output } from '../../scheduler/v2/RegisterPersistentCachePeerRequest.ts';
import type { DownloadPersistentCachePeerStartedRequest as _scheduler_v2_DownloadPersistentCachePeerStartedRequest, DownloadPersistentCachePeerStartedRequest__Output as _scheduler_v2_DownloadPersistentCachePeerStartedRequest__Output } from '../../scheduler/v2/DownloadPersistentCachePeerStartedRequest.ts';
import type { ReschedulePersistentCachePeerRequest as _scheduler_v2_ReschedulePersistentCachePeerRequest, ReschedulePersistentCachePeerRequest__Output as _scheduler_v2_ReschedulePersistentCachePeerRequest__Output } from '../../scheduler/v2/ReschedulePersistentCachePeerRequest.ts';
import type { DownloadPersistentCachePeerFinishedRequest as _scheduler_v2_DownloadPersistentCachePeerFinishedRequest, DownloadPersistentCachePeerFinishedRequest__Output as _scheduler_v2_DownloadPersistentCachePeerFinishedRequest__Output } from '../../scheduler/v2/DownloadPersistentCachePeerFinishedRequest.ts';
import type { DownloadPersistentCachePeerFailedRequest as _scheduler_v2_DownloadPersistentCachePeerFailedRequest, DownloadPersistentCachePeerFailedRequest__Output as _scheduler_v2_DownloadPersistentCachePeerFailedRequest__Output } from '../../scheduler/v2/DownloadPersistentCachePeerFailedRequest.ts';
import type { DownloadPieceFinishedRequest as _scheduler_v2_DownloadPieceFinishedRequest, DownloadPieceFinishedRequest__Output as _scheduler_v2_DownloadPieceFinishedRequest__Output } from '../../scheduler/v2/DownloadPieceFinishedRequest.ts';
import type { DownloadPieceFailedRequest as _scheduler_v2_DownloadPieceFailedRequest, DownloadPieceFailedRequest__Output as _scheduler_v2_DownloadPieceFailedRequest__Output } from '../../scheduler/v2/DownloadPieceFailedRequest.ts';

export interface AnnouncePersistentCachePeerRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'registerPersistentCachePeerRequest'?: (_scheduler_v2_RegisterPersistentCachePeerRequest | null);
  'downloadPersistentCachePeerStartedRequest'?: (_scheduler_v2_DownloadPersistentCachePeerStartedRequest | null);
  'reschedulePersistentCachePeerRequest'?: (_scheduler_v2_ReschedulePersistentCachePeerRequest | null);
  'downloadPersistentCachePeerFinishedRequest'?: (_scheduler_v2_DownloadPersistentCachePeerFinishedRequest | null);
  'downloadPersistentCachePeerFailedRequest'?: (_scheduler_v2_DownloadPersistentCachePeerFailedRequest | null);
  'downloadPieceFinishedRequest'?: (_scheduler_v2_DownloadPieceFinishedRequest | null);
  'downloadPieceFailedRequest'?: (_scheduler_v2_DownloadPieceFailedRequest | null);
  'request'?: "registerPersistentCachePeerRequest"|"downloadPersistentCachePeerStartedRequest"|"reschedulePersistentCachePeerRequest"|"downloadPersistentCachePeerFinishedRequest"|"downloadPersistentCachePeerFailedRequest"|"downloadPieceFinishedRequest"|"downloadPieceFailedRequest";
}

export interface AnnouncePersistentCachePeerRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'registerPersistentCachePeerRequest'?: (_scheduler_v2_RegisterPersistentCachePeerRequest__Output | null);
  'downloadPersistentCachePeerStartedRequest'?: (_scheduler_v2_DownloadPersistentCachePeerStartedRequest__Output | null);
  'reschedulePersistentCachePeerRequest'?: (_scheduler_v2_ReschedulePersistentCachePeerRequest__Output | null);
  'downloadPersistentCachePeerFinishedRequest'?: (_scheduler_v2_DownloadPersistentCachePeerFinishedRequest__Output | null);
  'downloadPersistentCachePeerFailedRequest'?: (_scheduler_v2_DownloadPersistentCachePeerFailedRequest__Output | null);
  'downloadPieceFinishedRequest'?: (_scheduler_v2_DownloadPieceFinishedRequest__Output | null);
  'downloadPieceFailedRequest'?: (_scheduler_v2_DownloadPieceFailedRequest__Output | null);
  'request'?: "registerPersistentCachePeerRequest"|"downloadPersistentCachePeerStartedRequest"|"reschedulePersistentCachePeerRequest"|"downloadPersistentCachePeerFinishedRequest"|"downloadPersistentCachePeerFailedRequest"|"downloadPieceFinishedRequest"|"downloadPieceFailedRequest";
}
