// Original file: dfdaemon/v2/dfdaemon.proto

import type { Long } from '@grpc/proto-loader';

export interface DownloadPersistentCacheTaskStartedResponse {
  'contentLength'?: (number | string | Long);
}

export interface DownloadPersistentCacheTaskStartedResponse__Output {
  'contentLength': (number);
}
