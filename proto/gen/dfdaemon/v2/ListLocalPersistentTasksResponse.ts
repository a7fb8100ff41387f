// Original file: dfdaemon/v2/dfdaemon.proto

import type { StatLocalPersistentTaskResponse as _dfdaemon_v2_StatLocalPersistentTaskResponse, StatLocalPersistentTaskResponse__Output as _dfdaemon_v2_StatLocalPersistentTaskResponse__Output } from '../../dfdaemon/v2/StatLocalPersistentTaskResponse.ts';

export interface ListLocalPersistentTasksResponse {
  'tasks'?: (_dfdaemon_v2_StatLocalPersistentTaskResponse)[];
}

export interface ListLocalPersistentTasksResponse__Output {
  'tasks': (_dfdaemon_v2_StatLocalPersistentTaskResponse__Output)[];
}
