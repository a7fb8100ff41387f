// Original file: scheduler/v2/scheduler.proto

import type { EmptyPersistentCacheTaskResponse as _scheduler_v2_EmptyPersistentCacheTaskResponse, EmptyPersistentCacheTaskResponse__Output as _scheduler_v2_EmptyPersistentCacheTaskResponse__Output } from '../../scheduler/v2/EmptyPersistentCacheTaskResponse.ts';
import type { NormalPersistentCacheTaskResponse as _scheduler_v2_NormalPersistentCacheTaskResponse, NormalPersistentCacheTaskResponse__Output as _scheduler_v2_NormalPersistentCacheTaskResponse__Output } from '../../scheduler/v2/NormalPersistentCacheTaskResponse.ts';

export interface AnnouncePersistentCachePeerResponse {
  'emptyPersistentCacheTaskResponse'?: (_scheduler_v2_EmptyPersistentCacheTaskResponse | null);
  'normalPersistentCacheTaskResponse'?: (_scheduler_v2_NormalPersistentCacheTaskResponse | null);
  'response'?: "emptyPersistentCacheTaskResponse"|"normalPersistentCacheTaskResponse";
}

export interface AnnouncePersistentCachePeerResponse__Output {
  'emptyPersistentCacheTaskResponse'?: (_scheduler_v2_EmptyPersistentCacheTaskResponse__Output | null);
  'normalPersistentCacheTaskResponse'?: (_scheduler_v2_NormalPersistentCacheTaskResponse__Output | null);
  'response'?: "emptyPersistentCacheTaskResponse"|"normalPersistentCacheTaskResponse";
}
