// Original file: scheduler/v2/scheduler.proto

import type { EmptyPersistentTaskResponse as _scheduler_v2_EmptyPersistentTaskResponse, EmptyPersistentTaskResponse__Output as _scheduler_v2_EmptyPersistentTaskResponse__Output } from '../../scheduler/v2/EmptyPersistentTaskResponse.ts';
import type { NormalPersistentTaskResponse as _scheduler_v2_NormalPersistentTaskResponse, NormalPersistentTaskResponse__Output as _scheduler_v2_NormalPersistentTaskResponse__Output } from '../../scheduler/v2/NormalPersistentTaskResponse.ts';
import type { NeedBackToSourceResponse as _scheduler_v2_NeedBackToSourceResponse, NeedBackToSourceResponse__Output as _scheduler_v2_NeedBackToSourceResponse__Output } from '../../scheduler/v2/NeedBackToSourceResponse.ts';

export interface AnnouncePersistentPeerResponse {
  'emptyPersistentTaskResponse'?: (_scheduler_v2_EmptyPersistentTaskResponse | null);
  'normalPersistentTaskResponse'?: (_scheduler_v2_NormalPersistentTaskResponse | null);
  'needBackToSourceResponse'?: (_scheduler_v2_NeedBackToSourceResponse | null);
  'response'?: "emptyPersistentTaskResponse"|"normalPersistentTaskResponse"|"needBackToSourceResponse";
}

export interface AnnouncePersistentPeerResponse__Output {
  'emptyPersistentTaskResponse'?: (_scheduler_v2_EmptyPersistentTaskResponse__Output | null);
  'normalPersistentTaskResponse'?: (_scheduler_v2_NormalPersistentTaskResponse__Output | null);
  'needBackToSourceResponse'?: (_scheduler_v2_NeedBackToSourceResponse__Output | null);
  'response'?: "emptyPersistentTaskResponse"|"normalPersistentTaskResponse"|"needBackToSourceResponse";
}
