// Original file: common/v2/common.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A task whose content lives in peers only, in a promised number of replicas.
 */
export interface PersistentCacheTask {
  'id'?: (string);
  'persistentReplicaCount'?: (number | string | Long);
  'currentPersistentReplicaCount'?: (number | string | Long);
  'currentReplicaCount'?: (number | string | Long);
  'tag'?: (string);
  'application'?: (string);
  'pieceLength'?: (number | string | Long);
  'contentLength'?: (number | string | Long);
  'pieceCount'?: (number);
  'state'?: (string);
  'ttl'?: (_google_protobuf_Duration | null);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'updatedAt'?: (_google_protobuf_Timestamp | null);
  '_tag'?: "tag";
  '_application'?: "application";
}

/**
 * A task whose content lives in peers only, in a promised number of replicas.
 */
export interface PersistentCacheTask__Output {
  'id': (string);
  'persistentReplicaCount': (number);
  'currentPersistentReplicaCount': (number);
  'currentReplicaCount': (number);
  'tag'?: (string);
  'application'?: (string);
  'pieceLength': (number);
  'contentLength': (number);
  'pieceCount': (number);
  'state': (string);
  'ttl': (_google_protobuf_Duration__Output | null);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'updatedAt': (_google_protobuf_Timestamp__Output | null);
  '_tag'?: "tag";
  '_application'?: "application";
}
