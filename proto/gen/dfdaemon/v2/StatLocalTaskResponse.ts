// Original file: dfdaemon/v2/dfdaemon.proto

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What this host alone knows of a task; finished if finished_at is present.
 */
export interface StatLocalTaskResponse {
  'taskId'?: (string);
  'pieceLength'?: (number | string | Long);
  'contentLength'?: (number | string | Long);
  'responseHeader'?: ({[key: string]: string});
  'uploadingCount'?: (number | string | Long);
  'uploadedCount'?: (number | string | Long);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'updatedAt'?: (_google_protobuf_Timestamp | null);
  'prefetchedAt'?: (_google_protobuf_Timestamp | null);
  'failedAt'?: (_google_protobuf_Timestamp | null);
  'finishedAt'?: (_google_protobuf_Timestamp | null);
  '_pieceLength'?: "pieceLength";
  '_contentLength'?: "contentLength";
  '_prefetchedAt'?: "prefetchedAt";
  '_failedAt'?: "failedAt";
  '_finishedAt'?: "finishedAt";
}

/**
 * What this host alone knows of a task; finished if finished_at is present.
 */
export interface StatLocalTaskResponse__Output {
  'taskId': (string);
  'pieceLength'?: (number);
  'contentLength'?: (number);
  'responseHeader': ({[key: string]: string});
  'uploadingCount': (number);
  'uploadedCount': (number);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'updatedAt': (_google_protobuf_Timestamp__Output | null);
  'prefetchedAt'?: (_google_protobuf_Timestamp__Output | null);
  'failedAt'?: (_google_protobuf_Timestamp__Output | null);
  'finishedAt'?: (_google_protobuf_Timestamp__Output | null);
  '_pieceLength'?: "pieceLength";
  '_contentLength'?: "contentLength";
  '_prefetchedAt'?: "prefetchedAt";
  '_failedAt'?: "failedAt";
  '_finishedAt'?: "finishedAt";
}
