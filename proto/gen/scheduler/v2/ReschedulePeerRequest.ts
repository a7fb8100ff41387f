// Original file: scheduler/v2/scheduler.proto

import type { Peer as _common_v2_Peer, Peer__Output as _common_v2_Peer__Output } from '../../common/v2/Peer.ts';

export interface ReschedulePeerRequest {
  'candidateParents'?: (_common_v2_Peer)[];
  'description'?: (string);
  '_description'?: "description";
}

export interface ReschedulePeerRequest__Output {
  'candidateParents': (_common_v2_Peer__Output)[];
  'description'?: (string);
  '_description'?: "description";
}
