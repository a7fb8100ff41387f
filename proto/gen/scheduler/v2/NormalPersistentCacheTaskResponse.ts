// Original file: scheduler/v2/scheduler.proto

import type { PersistentCachePeer as _common_v2_PersistentCachePeer, PersistentCachePeer__Output as _common_v2_PersistentCachePeer__Output } from '../../common/v2/PersistentCachePeer.ts';

export interface NormalPersistentCacheTaskResponse {
  'candidateCacheParents'?: (_common_v2_PersistentCachePeer)[];
}

export interface NormalPersistentCacheTaskResponse__Output {
  'candidateCacheParents': (_common_v2_PersistentCachePeer__Output)[];
}
