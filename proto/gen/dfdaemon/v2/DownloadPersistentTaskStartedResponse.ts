// Original file: dfdaemon/v2/dfdaemon.proto

import type { Long } from '@grpc/proto-loader';

export interface DownloadPersistentTaskStartedResponse {
  'contentLength'?: (number | string | Long);
}

export interface DownloadPersistentTaskStartedResponse__Output {
  'contentLength': (number);
}
