// Original file: common/v2/common.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { PersistentCacheTask as _common_v2_PersistentCacheTask, PersistentCacheTask__Output as _common_v2_PersistentCacheTask__Output } from '../../common/v2/PersistentCacheTask.ts';
import type { Host as _common_v2_Host, Host__Output as _common_v2_Host__Output } from '../../common/v2/Host.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * One copy of a persistent cache task on one host.
 */
export interface PersistentCachePeer {
  'id'?: (string);
  'persistent'?: (boolean);
  'cost'?: (_google_protobuf_Duration | null);
  'state'?: (string);
  'task'?: (_common_v2_PersistentCacheTask | null);
  'host'?: (_common_v2_Host | null);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'updatedAt'?: (_google_protobuf_Timestamp | null);
  'concurrentPieceCount'?: (number);
}

/**
 * One copy of a persistent cache task on one host.
 */
export interface PersistentCachePeer__Output {
  'id': (string);
  'persistent': (boolean);
  'cost': (_google_protobuf_Duration__Output | null);
  'state': (string);
  'task': (_common_v2_PersistentCacheTask__Output | null);
  'host': (_common_v2_Host__Output | null);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'updatedAt': (_google_protobuf_Timestamp__Output | null);
  'concurrentPieceCount': (number);
}
