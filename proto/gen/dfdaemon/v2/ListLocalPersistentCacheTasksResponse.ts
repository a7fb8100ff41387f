// Original file: dfdaemon/v2/dfdaemon.proto

import type { StatLocalPersistentCacheTaskResponse as _dfdaemon_v2_StatLocalPersistentCacheTaskResponse, StatLocalPersistentCacheTaskResponse__Output as _dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output } from '../../dfdaemon/v2/StatLocalPersistentCacheTaskResponse.ts';

export interface ListLocalPersistentCacheTasksResponse {
  'tasks'?: (_dfdaemon_v2_StatLocalPersistentCacheTaskResponse)[];
}

export interface ListLocalPersistentCacheTasksResponse__Output {
  'tasks': (_dfdaemon_v2_StatLocalPersistentCacheTaskResponse__Output)[];
}
