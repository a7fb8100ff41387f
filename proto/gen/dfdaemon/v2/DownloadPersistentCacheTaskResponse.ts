// Original file: dfdaemon/v2/dfdaemon.proto

import type { DownloadPersistentCacheTaskStartedResponse as _dfdaemon_v2_DownloadPersistentCacheTaskStartedResponse, DownloadPersistentCacheTaskStartedResponse__Output as _dfdaemon_v2_DownloadPersistentCacheTaskStartedResponse__Output } from '../../dfdaemon/v2/DownloadPersistentCacheTaskStartedResponse.ts';
import type { DownloadPieceFinishedResponse as _dfdaemon_v2_DownloadPieceFinishedResponse, DownloadPieceFinishedResponse__Output as _dfdaemon_v2_DownloadPieceFinishedResponse__Output } from '../../dfdaemon/v2/DownloadPieceFinishedResponse.ts';

export interface DownloadPersistentCacheTaskResponse {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'downloadPersistentCacheTaskStartedResponse'?: (_dfdaemon_v2_DownloadPersistentCacheTaskStartedResponse | null);
  'downloadPieceFinishedResponse'?: (_dfdaemon_v2_DownloadPieceFinishedResponse | null);
  'response'?: "downloadPersistentCacheTaskStartedResponse"|"downloadPieceFinishedResponse";
}

export interface DownloadPersistentCacheTaskResponse__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'downloadPersistentCacheTaskStartedResponse'?: (_dfdaemon_v2_DownloadPersistentCacheTaskStartedResponse__Output | null);
  'downloadPieceFinishedResponse'?: (_dfdaemon_v2_DownloadPieceFinishedResponse__Output | null);
  'response'?: "downloadPersistentCacheTaskStartedResponse"|"downloadPieceFinishedResponse";
}
