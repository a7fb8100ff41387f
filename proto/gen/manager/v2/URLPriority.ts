// Original file: manager/v2/manager.proto

import type { Priority as _common_v2_Priority, Priority__Output as _common_v2_Priority__Output } from '../../common/v2/Priority.ts';

/**
 * Priorities an operator gave to URLs of an application.
 */
export interface URLPriority {
  'regex'?: (string);
  'value'?: (_common_v2_Priority);
}

/**
 * Priorities an operator gave to URLs of an application.
 */
export interface URLPriority__Output {
  'regex': (string);
  'value': (_common_v2_Priority__Output);
}
