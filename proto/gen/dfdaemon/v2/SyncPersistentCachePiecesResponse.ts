// Original file: dfdaemon/v2/dfdaemon.proto

import type { Long } from '@grpc/proto-loader';

export interface SyncPersistentCachePiecesResponse {
  'number'?: (number);
  'offset'?: (number | string | Long);
  'length'?: (number | string | Long);
  'ip'?: (string);
  'tcpPort'?: (number);
  'quicPort'?: (number);
  '_tcpPort'?: "tcpPort";
  '_quicPort'?: "quicPort";
}

export interface SyncPersistentCachePiecesResponse__Output {
  'number': (number);
  'offset': (number);
  'length': (number);
  'ip': (string);
  'tcpPort'?: (number);
  'quicPort'?: (number);
  '_tcpPort'?: "tcpPort";
  '_quicPort'?: "quicPort";
}
