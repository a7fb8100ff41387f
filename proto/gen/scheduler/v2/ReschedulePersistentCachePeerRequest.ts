// Original file: scheduler/v2/scheduler.proto

import type { PersistentCachePeer as _common_v2_PersistentCachePeer, PersistentCachePeer__Output as _common_v2_PersistentCachePeer__Output } from '../../common/v2/PersistentCachePeer.ts';

export interface ReschedulePersistentCachePeerRequest {
  'candidateParents'?: (_common_v2_PersistentCachePeer)[];
  'description'?: (string);
  '_description'?: "description";
}

export interface ReschedulePersistentCachePeerRequest__Output {
  'candidateParents': (_common_v2_PersistentCachePeer__Output)[];
  'description'?: (string);
  '_description'?: "description";
}
