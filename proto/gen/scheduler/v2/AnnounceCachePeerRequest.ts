// Original file: scheduler/v2/scheduler.proto

import type { RegisterCachePeerRequest as _scheduler_v2_RegisterCachePeerRequest, RegisterCachePeerRequest__Output as _scheduler_v2_RegisterCachePeerRequest__Output } from '../../scheduler/v2/RegisterCachePeerRequest.ts';
import type { DownloadCachePeerStartedRequest as _scheduler_v2_DownloadCachePeerStartedRequest, DownloadCachePeerStartedRequest__Output as _scheduler_v2_DownloadCachePeerStartedRequest__Output } from '../../scheduler/v2/DownloadCachePeerStartedRequest.ts';
import type { DownloadCachePeerBackToSourceStartedRequest as _scheduler_v2_DownloadCachePeerBackToSourceStartedRequest, DownloadCachePeerBackToSourceStartedRequest__Output as _scheduler_v2_DownloadCachePeerBackToSourceStartedRequest__Output } from '../../scheduler/v2/DownloadCachePeerBackToSourceStartedRequest.ts';
import type { RescheduleCachePeerRequest as _scheduler_v2_RescheduleCachePeerRequest, RescheduleCachePeerRequest__Output as _scheduler_v2_RescheduleCachePeerRequest__Output } from '../../scheduler/v2/RescheduleCachePeerRequest.ts';
import type { DownloadCachePeerFinishedRequest as _scheduler_v2_DownloadCachePeerFinishedRequest, DownloadCachePeerFinishedRequest__Output as _scheduler_v2_DownloadCachePeerFinishedRequest__Output } from '../../scheduler/v2/DownloadCachePeerFinishedRequest.ts';
import type { DownloadCachePeerBackToSourceFinishedRequest as _scheduler_v2_DownloadCachePeerBackToSourceFinishedRequest, DownloadCachePeerBackToSourceFinishedRequest__Output as _scheduler_v2_DownloadCachePeerBackToSourceFinishedRequest__Output } from '../../scheduler/v2/DownloadCachePeerBackToSourceFinishedRequest.ts';
import type { DownloadCachePeerFailedRequest as _scheduler_v2_DownloadCachePeerFailedRequest, DownloadCachePeerFailedRequest__Output as _scheduler_v2_DownloadCachePeerFailedRequest__Output } from '../../scheduler/v2/DownloadCachePeerFailedRequest.ts';
import type { DownloadCachePeerBackToSourceFailedRequest as _scheduler_v2_DownloadCachePeerBackToSourceFailedRequest, DownloadCachePeerBackToSourceFailedRequest__Output as _scheduler_v2_DownloadCachePeerBackToSourceFailedRequest__Output } from '../../scheduler/v2/DownloadCachePeerBackToSourceFailedRequest.ts';
import type { DownloadPieceFinishedRequest as _scheduler_v2_DownloadPieceFinishedRequest, DownloadPieceFinishedRequest__Output as _scheduler_v2_DownloadPieceFinishedRequest__Output } from '../../scheduler/v2/DownloadPieceFinishedRequest.ts';
import type { DownloadPieceBackToSourceFinishedRequest as _scheduler_v2_DownloadPieceBackToSourceFinishedRequest, DownloadPieceBackToSourceFinishedRequest__Output as _scheduler_v2_DownloadPieceBackToSourceFinishedRequest__Output } from '../../scheduler/v2/DownloadPieceBackToSourceFinishedRequest.ts';
import type { DownloadPieceFailedRequest as _scheduler_v2_DownloadPieceFailedRequest, DownloadPieceFailedRequest__Output as _scheduler_v2_DownloadPieceFailedRequest__Output } from '../../scheduler/v2/DownloadPieceFailedRequest.ts';
import type { DownloadPieceBackToSourceFailedRequest as _scheduler_v2_DownloadPieceBackToSourceFailedRequest, DownloadPieceBackToSourceFailedRequest__Output as _scheduler_v2_DownloadPieceBackToSourceFailedRequest__Output } from '../../scheduler/v2/DownloadPieceBackToSourceFailedRequest.ts';

export interface AnnounceCachePeerRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'registerCachePeerRequest'?: (_scheduler_v2_RegisterCachePeerRequest | null);
  'downloadCachePeerStartedRequest'?: (_scheduler_v2_DownloadCachePeerStartedRequest | null);
  'downloadCachePeerBackToSourceStartedRequest'?: (_scheduler_v2_DownloadCachePeerBackToSourceStartedRequest | null);
  'rescheduleCachePeerRequest'?: (_scheduler_v2_RescheduleCachePeerRequest | null);
  'downloadCachePeerFinishedRequest'?: (_scheduler_v2_DownloadCachePeerFinishedRequest | null);
  'downloadCachePeerBackToSourceFinishedRequest'?: (_scheduler_v2_DownloadCachePeerBackToSourceFinishedRequest | null);
  'downloadCachePeerFailedRequest'?: (_scheduler_v2_DownloadCachePeerFailedRequest | null);
  'downloadCachePeerBackToSourceFailedRequest'?: (_scheduler_v2_DownloadCachePeerBackToSourceFailedRequest | null);
  'downloadPieceFinishedRequest'?: (_scheduler_v2_DownloadPieceFinishedRequest | null);
  'downloadPieceBackToSourceFinishedRequest'?: (_scheduler_v2_DownloadPieceBackToSourceFinishedRequest | null);
  'downloadPieceFailedRequest'?: (_scheduler_v2_DownloadPieceFailedRequest | null);
  'downloadPieceBackToSourceFailedRequest'?: (_scheduler_v2_DownloadPieceBackToSourceFailedRequest | null);
  'request'?: "registerCachePeerRequest"|"downloadCachePeerStartedRequest"|"downloadCachePeerBackToSourceStartedRequest"|"rescheduleCachePeerRequest"|"downloadCachePeerFinishedRequest"|"downloadCachePeerBackToSourceFinishedRequest"|"downloadCachePeerFailedRequest"|"downloadCachePeerBackToSourceFailedRequest"|"downloadPieceFinishedRequest"|"downloadPieceBackToSourceFinishedRequest"|"downloadPieceFailedRequest"|"downloadPieceBackToSourceFailedRequest";
}

export interface AnnounceCachePeerRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'registerCachePeerRequest'?: (_scheduler_v2_RegisterCachePeerRequest__Output | null);
  'downloadCachePeerStartedRequest'?: (_scheduler_v2_DownloadCachePeerStartedRequest__Output | null);
  'downloadCachePeerBackToSourceStartedRequest'?: (_scheduler_v2_DownloadCachePeerBackToSourceStartedRequest__Output | null);
  'rescheduleCachePeerRequest'?: (_scheduler_v2_RescheduleCachePeerRequest__Output | null);
  'downloadCachePeerFinishedRequest'?: (_scheduler_v2_DownloadCachePeerFinishedRequest__Output | null);
  'downloadCachePeerBackToSourceFinishedRequest'?: (_scheduler_v2_DownloadCachePeerBackToSourceFinishedRequest__Output | null);
  'downloadCachePeerFailedRequest'?: (_scheduler_v2_DownloadCachePeerFailedRequest__Output | null);
  'downloadCachePeerBackToSourceFailedRequest'?: (_scheduler_v2_DownloadCachePeerBackToSourceFailedRequest__Output | null);
  'downloadPieceFinishedRequest'?: (_scheduler_v2_DownloadPieceFinishedRequest__Output | null);
  'downloadPieceBackToSourceFinishedRequest'?: (_scheduler_v2_DownloadPieceBackToSourceFinishedRequest__Output | null);
  'downloadPieceFailedRequest'?: (_scheduler_v2_DownloadPieceFailedRequest__Output | null);
  'downloadPieceBackToSourceFailedRequest'?: (_scheduler_v2_DownloadPieceBackToSourceFailedRequest__Output | null);
  'request'?: "registerCachePeerRequest"|"downloadCachePeerStartedRequest"|"downloadCachePeerBackToSourceStartedRequest"|"rescheduleCachePeerRequest"|"downloadCachePeerFinishedRequest"|"downloadCachePeerBackToSourceFinishedRequest"|"downloadCachePeerFailedRequest"|"downloadCachePeerBackToSourceFailedRequest"|"downloadPieceFinishedRequest"|"downloadPieceBackToSourceFinishedRequest"|"downloadPieceFailedRequest"|"downloadPieceBackToSourceFailedRequest";
}
