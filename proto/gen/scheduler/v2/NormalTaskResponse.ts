// Original file: scheduler/v2/scheduler.proto

import type { Peer as _common_v2_Peer, Peer__Output as _common_v2_Peer__Output } from '../../common/v2/Peer.ts';

/**
 * Fetch from these parents.
 */
export interface NormalTaskResponse {
  'candidateParents'?: (_common_v2_Peer)[];
}

/**
 * Fetch from these parents.
 */
export interface NormalTaskResponse__Output {
  'candidateParents': (_common_v2_Peer__Output)[];
}
