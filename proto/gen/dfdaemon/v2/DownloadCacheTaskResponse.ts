// Original file: dfdaemon/v2/dfdaemon.proto

import type { DownloadCacheTaskStartedResponse as _dfdaemon_v2_DownloadCacheTaskStartedResponse, DownloadCacheTaskStartedResponse__Output as _dfdaemon_v2_DownloadCacheTaskStartedResponse__Output } from '../../dfdaemon/v2/DownloadCacheTaskStartedResponse.ts';
import type { DownloadPieceFinishedResponse as _dfdaemon_v2_DownloadPieceFinishedResponse, DownloadPieceFinishedResponse__Output as _dfdaemon_v2_DownloadPieceFinishedResponse__Output } from '../../dfdaemon/v2/DownloadPieceFinishedResponse.ts';

export interface DownloadCacheTaskResponse {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'downloadCacheTaskStartedResponse'?: (_dfdaemon_v2_DownloadCacheTaskStartedResponse | null);
  'downloadPieceFinishedResponse'?: (_dfdaemon_v2_DownloadPieceFinishedResponse | null);
  'response'?: "downloadCacheTaskStartedResponse"|"downloadPieceFinishedResponse";
}

export interface DownloadCacheTaskResponse__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'downloadCacheTaskStartedResponse'?: (_dfdaemon_v2_DownloadCacheTaskStartedResponse__Output | null);
  'downloadPieceFinishedResponse'?: (_dfdaemon_v2_DownloadPieceFinishedResponse__Output | null);
  'response'?: "downloadCacheTaskStartedResponse"|"downloadPieceFinishedResponse";
}
