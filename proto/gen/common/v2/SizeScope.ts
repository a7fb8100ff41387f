// Original file: common/v2/common.proto

/**
 * Coarse size of a task. A Go scheduler may also send 4, "not known yet".
 */
export const SizeScope = {
  NORMAL: 'NORMAL',
  SMALL: 'SMALL',
  TINY: 'TINY',
  EMPTY: 'EMPTY',
} as const;

/**
 * Coarse size of a task. A Go scheduler may also send 4, "not known yet".
 */
export type SizeScope =
  | 'NORMAL'
  | 0
  | 'SMALL'
  | 1
  | 'TINY'
  | 2
  | 'EMPTY'
  | 3

/**
 * Coarse size of a task. A Go scheduler may also send 4, "not known yet".
 */
export type SizeScope__Output = typeof SizeScope[keyof typeof SizeScope]
