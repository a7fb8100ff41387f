// Original file: scheduler/v2/scheduler.proto

import type { PersistentPeer as _common_v2_PersistentPeer, PersistentPeer__Output as _common_v2_PersistentPeer__Output } from '../../common/v2/PersistentPeer.ts';

export interface NormalPersistentTaskResponse {
  'candidateParents'?: (_common_v2_PersistentPeer)[];
}

export interface NormalPersistentTaskResponse__Output {
  'candidateParents': (_common_v2_PersistentPeer__Output)[];
}
