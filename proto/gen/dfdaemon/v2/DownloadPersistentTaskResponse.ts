// Original file: dfdaemon/v2/dfdaemon.proto

import type { DownloadPersistentTaskStartedResponse as _dfdaemon_v2_DownloadPersistentTaskStartedResponse, DownloadPersistentTaskStartedResponse__Output as _dfdaemon_v2_DownloadPersistentTaskStartedResponse__Output } from '../../dfdaemon/v2/DownloadPersistentTaskStartedResponse.ts';
import type { DownloadPieceFinishedResponse as _dfdaemon_v2_DownloadPieceFinishedResponse, DownloadPieceFinishedResponse__Output as _dfdaemon_v2_DownloadPieceFinishedResponse__Output } from '../../dfdaemon/v2/DownloadPieceFinishedResponse.ts';

export interface DownloadPersistentTaskResponse {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'downloadPersistentTaskStartedResponse'?: (_dfdaemon_v2_DownloadPersistentTaskStartedResponse | null);
  'downloadPieceFinishedResponse'?: (_dfdaemon_v2_DownloadPieceFinishedResponse | null);
  'response'?: "downloadPersistentTaskStartedResponse"|"downloadPieceFinishedResponse";
}

export interface DownloadPersistentTaskResponse__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'downloadPersistentTaskStartedResponse'?: (_dfdaemon_v2_DownloadPersistentTaskStartedResponse__Output | null);
  'downloadPieceFinishedResponse'?: (_dfdaemon_v2_DownloadPieceFinishedResponse__Output | null);
  'response'?: "downloadPersistentTaskStartedResponse"|"downloadPieceFinishedResponse";
}
