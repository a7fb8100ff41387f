// Original file: dfdaemon/v2/dfdaemon.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

export interface StatLocalPersistentTaskResponse {
  'taskId'?: (string);
  'persistent'?: (boolean);
  'ttl'?: (_google_protobuf_Duration | null);
  'pieceLength'?: (number | string | Long);
  'contentLength'?: (number | string | Long);
  'uploadingCount'?: (number | string | Long);
  'uploadedCount'?: (number | string | Long);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'updatedAt'?: (_google_protobuf_Timestamp | null);
  'failedAt'?: (_google_protobuf_Timestamp | null);
  'finishedAt'?: (_google_protobuf_Timestamp | null);
  '_pieceLength'?: "pieceLength";
  '_contentLength'?: "contentLength";
  '_failedAt'?: "failedAt";
  '_finishedAt'?: "finishedAt";
}

export interface StatLocalPersistentTaskResponse__Output {
  'taskId': (string);
  'persistent': (boolean);
  'ttl': (_google_protobuf_Duration__Output | null);
  'pieceLength'?: (number);
  'contentLength'?: (number);
  'uploadingCount': (number);
  'uploadedCount': (number);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'updatedAt': (_google_protobuf_Timestamp__Output | null);
  'failedAt'?: (_google_protobuf_Timestamp__Output | null);
  'finishedAt'?: (_google_protobuf_Timestamp__Output | null);
  '_pieceLength'?: "pieceLength";
  '_contentLength'?: "contentLength";
  '_failedAt'?: "failedAt";
  '_finishedAt'?: "finishedAt";
}
