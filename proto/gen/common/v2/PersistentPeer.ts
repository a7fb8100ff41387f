// Original file: common/v2/common.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { PersistentTask as _common_v2_PersistentTask, PersistentTask__Output as _common_v2_PersistentTask__Output } from '../../common/v2/PersistentTask.ts';
import type { Host as _common_v2_Host, Host__Output as _common_v2_Host__Output } from '../../common/v2/Host.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';

/**
 * One copy of a persistent task on one host.
 */
export interface PersistentPeer {
  'id'?: (string);
  'persistent'?: (boolean);
  'cost'?: (_google_protobuf_Duration | null);
  'state'?: (string);
  'task'?: (_common_v2_PersistentTask | null);
  'host'?: (_common_v2_Host | null);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'updatedAt'?: (_google_protobuf_Timestamp | null);
  'concurrentPieceCount'?: (number);
}

/**
 * One copy of a persistent task on one host.
 */
export interface PersistentPeer__Output {
  'id': (string);
  'persistent': (boolean);
  'cost': (_google_protobuf_Duration__Output | null);
  'state': (string);
  'task': (_common_v2_PersistentTask__Output | null);
  'host': (_common_v2_Host__Output | null);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'updatedAt': (_google_protobuf_Timestamp__Output | null);
  'concurrentPieceCount': (number);
}
