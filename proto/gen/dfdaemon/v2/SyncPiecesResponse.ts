// Original file: dfdaemon/v2/dfdaemon.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One finished piece and where vortex serves it.
 */
export interface SyncPiecesResponse {
  'number'?: (number);
  'offset'?: (number | string | Long);
  'length'?: (number | string | Long);
  'ip'?: (string);
  'tcpPort'?: (number);
  'quicPort'?: (number);
  '_tcpPort'?: "tcpPort";
  '_quicPort'?: "quicPort";
}

/**
 * One finished piece and where vortex serves it.
 */
export interface SyncPiecesResponse__Output {
  'number': (number);
  'offset': (number);
  'length': (number);
  'ip': (string);
  'tcpPort'?: (number);
  'quicPort'?: (number);
  '_tcpPort'?: "tcpPort";
  '_quicPort'?: "quicPort";
}
