// Original file: scheduler/v2/scheduler.proto

import type { RegisterPersistentPeerRequest as _scheduler_v2_RegisterPersistentPeerRequest, RegisterPersistentPeerRequest__Output as _scheduler_v2_RegisterPersistentPeerRequest__Output } from '../../scheduler/v2/RegisterPersistentPeerRequest.ts';
import type { DownloadPersistentPeerStartedRequest as _scheduler_v2_DownloadPersistentPeerStartedRequest, DownloadPersistentPeerStartedRequest__Output as _scheduler_v2_DownloadPersistentPeerStartedRequest__Output } from '../../scheduler/v2/DownloadPersistentPeerStartedRequest.ts';
import type { DownloadPersistentPeerBackToSourceStartedRequest as _scheduler_v2_DownloadPersistentPeerBackToSourceStartedRequest, DownloadPersistentPeerBackToSourceStartedRequest__Output as _scheduler_v2_DownloadPersistentPeerBackToSourceStartedRequest__Output } from '../../scheduler/v2/DownloadPersistentPeerBackToSourceStartedRequest.ts';
import type { ReschedulePersistentPeerRequest as _scheduler_v2_ReschedulePersistentPeerRequest, ReschedulePersistentPeerRequest__Output as _scheduler_v2_ReschedulePersistentPeerRequest__Output } from '../../scheduler/v2/ReschedulePersistentPeerRequest.ts';
import type { DownloadPersistentPeerFinishedRequest as _scheduler_v2_DownloadPersistentPeerFinishedRequest, DownloadPersistentPeerFinishedRequest__Output as _scheduler_v2_DownloadPersistentPeerFinishedRequest__Output } from '../../scheduler/v2/DownloadPersistentPeerFinishedRequest.ts';
import type { DownloadPersistentPeerBackToSourceFinishedRequest as _scheduler_v2_DownloadPersistentPeerBackToSourceFinishedRequest, DownloadPersistentPeerBackToSourceFinishedRequest__Output as _scheduler_v2_DownloadPersistentPeerBackToSourceFinishedRequest__Output } from '../../scheduler/v2/DownloadPersistentPeerBackToSourceFinishedRequest.ts';
import type { DownloadPersistentPeerFailedRequest as _scheduler_v2_DownloadPersistentPeerFailedRequest, DownloadPersistentPeerFailedRequest__Output as _scheduler_v2_DownloadPersistentPeerFailedRequest__Output } from '../../scheduler/v2/DownloadPersistentPeerFailedRequest.ts';
import type { DownloadPersistentPeerBackToSourceFailedRequest as _scheduler_v2_DownloadPersistentPeerBackToSourceFailedRequest, DownloadPersistentPeerBackToSourceFailedRequest__Output as _scheduler_v2_DownloadPersistentPeerBackToSourceFailedRequest__Output } from '../../scheduler/v2/DownloadPersistentPeerBackToSourceFailedRequest.ts';
import type { DownloadPieceFinishedRequest as _scheduler_v2_DownloadPieceFinishedRequest, DownloadPieceFinishedRequest__Output as _scheduler_v2_DownloadPieceFinishedRequest__Output } from '../../scheduler/v2/DownloadPieceFinishedRequest.ts';
import type { DownloadPieceBackToSourceFinishedRequest as _scheduler_v2_DownloadPieceBackToSourceFinishedRequest, DownloadPieceBackToSourceFinishedRequest__Output as _scheduler_v2_DownloadPieceBackToSourceFinishedRequest__Output } from '../../scheduler/v2/DownloadPieceBackToSourceFinishedRequest.ts';
import type { DownloadPieceFailedRequest as _scheduler_v2_DownloadPieceFailedRequest, DownloadPieceFailedRequest__Output as _scheduler_v2_DownloadPieceFailedRequest__Output } from '../../scheduler/v2/DownloadPieceFailedRequest.ts';
import type { DownloadPieceBackToSourceFailedRequest as _scheduler_v2_DownloadPieceBackToSourceFailedRequest, DownloadPieceBackToSourceFailedRequest__Output as _scheduler_v2_DownloadPieceBackToSourceFailedRequest__Output } from '../../scheduler/v2/DownloadPieceBackToSourceFailedRequest.ts';

export interface AnnouncePersistentPeerRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'registerPersistentPeerRequest'?: (_scheduler_v2_RegisterPersistentPeerRequest | null);
  'downloadPersistentPeerStartedRequest'?: (_scheduler_v2_DownloadPersistentPeerStartedRequest | null);
  'downloadPersistentPeerBackToSourceStartedRequest'?: (_scheduler_v2_DownloadPersistentPeerBackToSourceStartedRequest | null);
  'reschedulePersistentPeerRequest'?: (_scheduler_v2_ReschedulePersistentPeerRequest | null);
  'downloadPersistentPeerFinishedRequest'?: (_scheduler_v2_DownloadPersistentPeerFinishedRequest | null);
  'downloadPersistentPeerBackToSourceFinishedRequest'?: (_scheduler_v2_DownloadPersistentPeerBackToSourceFinishedRequest | null);
  'downloadPersistentPeerFailedRequest'?: (_scheduler_v2_DownloadPersistentPeerFailedRequest | null);
  'downloadPersistentPeerBackToSourceFailedRequest'?: (_scheduler_v2_DownloadPersistentPeerBackToSourceFailedRequest | null);
  'downloadPieceFinishedRequest'?: (_scheduler_v2_DownloadPieceFinishedRequest | null);
  'downloadPieceBackToSourceFinishedRequest'?: (_scheduler_v2_DownloadPieceBackToSourceFinishedRequest | null);
  'downloadPieceFailedRequest'?: (_scheduler_v2_DownloadPieceFailedRequest | null);
  'downloadPieceBackToSourceFailedRequest'?: (_scheduler_v2_DownloadPieceBackToSourceFailedRequest | null);
  'request'?: "registerPersistentPeerRequest"|"downloadPersistentPeerStartedRequest"|"downloadPersistentPeerBackToSourceStartedRequest"|"reschedulePersistentPeerRequest"|"downloadPersistentPeerFinishedRequest"|"downloadPersistentPeerBackToSourceFinishedRequest"|"downloadPersistentPeerFailedRequest"|"downloadPersistentPeerBackToSourceFailedRequest"|"downloadPieceFinishedRequest"|"downloadPieceBackToSourceFinishedRequest"|"downloadPieceFailedRequest"|"downloadPieceBackToSourceFailedRequest";
}

export interface AnnouncePersistentPeerRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'registerPersistentPeerRequest'?: (_scheduler_v2_RegisterPersistentPeerRequest__Output | null);
  'downloadPersistentPeerStartedRequest'?: (_scheduler_v2_DownloadPersistentPeerStartedRequest__Output | null);
  'downloadPersistentPeerBackToSourceStartedRequest'?: (_scheduler_v2_DownloadPersistentPeerBackToSourceStartedRequest__Output | null);
  'reschedulePersistentPeerRequest'?: (_scheduler_v2_ReschedulePersistentPeerRequest__Output | null);
  'downloadPersistentPeerFinishedRequest'?: (_scheduler_v2_DownloadPersistentPeerFinishedRequest__Output | null);
  'downloadPersistentPeerBackToSourceFinishedRequest'?: (_scheduler_v2_DownloadPersistentPeerBackToSourceFinishedRequest__Output | null);
  'downloadPersistentPeerFailedRequest'?: (_scheduler_v2_DownloadPersistentPeerFailedRequest__Output | null);
  'downloadPersistentPeerBackToSourceFailedRequest'?: (_scheduler_v2_DownloadPersistentPeerBackToSourceFailedRequest__Output | null);
  'downloadPieceFinishedRequest'?: (_scheduler_v2_DownloadPieceFinishedRequest__Output | null);
  'downloadPieceBackToSourceFinishedRequest'?: (_scheduler_v2_DownloadPieceBackToSourceFinishedRequest__Output | null);
  'downloadPieceFailedRequest'?: (_scheduler_v2_DownloadPieceFailedRequest__Output | null);
  'downloadPieceBackToSourceFailedRequest'?: (_scheduler_v2_DownloadPieceBackToSourceFailedRequest__Output | null);
  'request'?: "registerPersistentPeerRequest"|"downloadPersistentPeerStartedRequest"|"downloadPersistentPeerBackToSourceStartedRequest"|"reschedulePersistentPeerRequest"|"downloadPersistentPeerFinishedRequest"|"downloadPersistentPeerBackToSourceFinishedRequest"|"downloadPersistentPeerFailedRequest"|"downloadPersistentPeerBackToSourceFailedRequest"|"downloadPieceFinishedRequest"|"downloadPieceBackToSourceFinishedRequest"|"downloadPieceFailedRequest"|"downloadPieceBackToSourceFailedRequest";
}
