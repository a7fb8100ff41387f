// Original file: dfdaemon/v2/dfdaemon.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Publishes a local file as a persistent cache task.
 */
export interface UploadPersistentCacheTaskRequest {
  'contentForCalculatingTaskId'?: (string);
  'path'?: (string);
  'persistentReplicaCount'?: (number | string | Long);
  'tag'?: (string);
  'application'?: (string);
  'pieceLength'?: (number | string | Long);
  'ttl'?: (_google_protobuf_Duration | null);
  'timeout'?: (_google_protobuf_Duration | null);
  'remoteIp'?: (string);
  '_contentForCalculatingTaskId'?: "contentForCalculatingTaskId";
  '_tag'?: "tag";
  '_application'?: "application";
  '_pieceLength'?: "pieceLength";
  '_timeout'?: "timeout";
  '_remoteIp'?: "remoteIp";
}

/**
 * Publishes a local file as a persistent cache task.
 */
export interface UploadPersistentCacheTaskRequest__Output {
  'contentForCalculatingTaskId'?: (string);
  'path': (string);
  'persistentReplicaCount': (number);
  'tag'?: (string);
  'application'?: (string);
  'pieceLength'?: (number);
  'ttl': (_google_protobuf_Duration__Output | null);
  'timeout'?: (_google_protobuf_Duration__Output | null);
  'remoteIp'?: (string);
  '_contentForCalculatingTaskId'?: "contentForCalculatingTaskId";
  '_tag'?: "tag";
  '_application'?: "application";
  '_pieceLength'?: "pieceLength";
  '_timeout'?: "timeout";
  '_remoteIp'?: "remoteIp";
}
