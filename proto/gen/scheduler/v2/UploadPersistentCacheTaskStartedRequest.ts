// Original file: scheduler/v2/scheduler.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * An upload begins. Schedulers accept a ttl of 5 minutes to 7 days.
 */
export interface UploadPersistentCacheTaskStartedRequest {
  'hostId'?: (string);
  'taskId'?: (string);
  'peerId'?: (string);
  'persistentReplicaCount'?: (number | string | Long);
  'tag'?: (string);
  'application'?: (string);
  'pieceLength'?: (number | string | Long);
  'contentLength'?: (number | string | Long);
  'pieceCount'?: (number);
  'ttl'?: (_google_protobuf_Duration | null);
  '_tag'?: "tag";
  '_application'?: "application";
}

/**
 * An upload begins. Schedulers accept a ttl of 5 minutes to 7 days.
 */
export interface UploadPersistentCacheTaskStartedRequest__Output {
  'hostId': (string);
  'taskId': (string);
  'peerId': (string);
  'persistentReplicaCount': (number);
  'tag'?: (string);
  'application'?: (string);
  'pieceLength': (number);
  'contentLength': (number);
  'pieceCount': (number);
  'ttl': (_google_protobuf_Duration__Output | null);
  '_tag'?: "tag";
  '_application'?: "application";
}
