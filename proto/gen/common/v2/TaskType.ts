// Original file: common/v2/common.proto

/**
 * Which family a task belongs to; each has its own ids, messages and rules.
 */
export const TaskType = {
  STANDARD: 'STANDARD',
  PERSISTENT: 'PERSISTENT',
  PERSISTENT_CACHE: 'PERSISTENT_CACHE',
  CACHE: 'CACHE',
} as const;

/**
 * Which family a task belongs to; each has its own ids, messages and rules.
 */
export type TaskType =
  | 'STANDARD'
  | 0
  | 'PERSISTENT'
  | 1
  | 'PERSISTENT_CACHE'
  | 2
  | 'CACHE'
  | 3

/**
 * Which family a task belongs to; each has its own ids, messages and rules.
 */
export type TaskType__Output = typeof TaskType[keyof typeof TaskType]
