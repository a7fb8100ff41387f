// Original file: scheduler/v2/scheduler.proto

import type { EmptyCacheTaskResponse as _scheduler_v2_EmptyCacheTaskResponse, EmptyCacheTaskResponse__Output as _scheduler_v2_EmptyCacheTaskResponse__Output } from '../../scheduler/v2/EmptyCacheTaskResponse.ts';
import type { NormalCacheTaskResponse as _scheduler_v2_NormalCacheTaskResponse, NormalCacheTaskResponse__Output as _scheduler_v2_NormalCacheTaskResponse__Output } from '../../scheduler/v2/NormalCacheTaskResponse.ts';
import type { NeedBackToSourceResponse as _scheduler_v2_NeedBackToSourceResponse, NeedBackToSourceResponse__Output as _scheduler_v2_NeedBackToSourceResponse__Output } from '../../scheduler/v2/NeedBackToSourceResponse.ts';

export interface AnnounceCachePeerResponse {
  'emptyCacheTaskResponse'?: (_scheduler_v2_EmptyCacheTaskResponse | null);
  'normalCacheTaskResponse'?: (_scheduler_v2_NormalCacheTaskResponse | null);
  'needBackToSourceResponse'?: (_scheduler_v2_NeedBackToSourceResponse | null);
  'response'?: "emptyCacheTaskResponse"|"normalCacheTaskResponse"|"needBackToSourceResponse";
}

export interface AnnounceCachePeerResponse__Output {
  'emptyCacheTaskResponse'?: (_scheduler_v2_EmptyCacheTaskResponse__Output | null);
  'normalCacheTaskResponse'?: (_scheduler_v2_NormalCacheTaskResponse__Output | null);
  'needBackToSourceResponse'?: (_scheduler_v2_NeedBackToSourceResponse__Output | null);
  'response'?: "emptyCacheTaskResponse"|"normalCacheTaskResponse"|"needBackToSourceResponse";
}
