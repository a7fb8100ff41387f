// Original file: common/v2/common.proto

/**
 * How a scheduler may serve the first peer of a task: 0 and 4 to 6 by a seed peer, 3 from the source, 2 and 1 refused.
 */
export const Priority = {
  LEVEL0: 'LEVEL0',
  LEVEL1: 'LEVEL1',
  LEVEL2: 'LEVEL2',
  LEVEL3: 'LEVEL3',
  LEVEL4: 'LEVEL4',
  LEVEL5: 'LEVEL5',
  LEVEL6: 'LEVEL6',
} as const;

/**
 * How a scheduler may serve the first peer of a task: 0 and 4 to 6 by a seed peer, 3 from the source, 2 and 1 refused.
 */
export type Priority =
  | 'LEVEL0'
  | 0
  | 'LEVEL1'
  | 1
  | 'LEVEL2'
  | 2
  | 'LEVEL3'
  | 3
  | 'LEVEL4'
  | 4
  | 'LEVEL5'
  | 5
  | 'LEVEL6'
  | 6

/**
 * How a scheduler may serve the first peer of a task: 0 and 4 to 6 by a seed peer, 3 from the source, 2 and 1 refused.
 */
export type Priority__Output = typeof Priority[keyof typeof Priority]
