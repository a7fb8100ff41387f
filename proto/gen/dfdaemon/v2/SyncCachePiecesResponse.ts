// Original file: dfdaemon/v2/dfdaemon.proto

import type { Long } from '@grpc/proto-loader';

export interface SyncCachePiecesResponse {
  'number'?: (number);
  'offset'?: (number | string | Long);
  'length'?: (number | string | Long);
}

export interface SyncCachePiecesResponse__Output {
  'number': (number);
  'offset': (number);
  'length': (number);
}
