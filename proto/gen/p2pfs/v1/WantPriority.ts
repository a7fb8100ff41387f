// Original file: p2pfs/v1/pieces.proto

/**
 * How urgent bytes are, as readers of the asking host have it.
 */
export const WantPriority = {
  /**
   * A reader is blocked.
   */
  DEMAND: 'DEMAND',
  READ_AHEAD: 'READ_AHEAD',
  COPY: 'COPY',
  WARM: 'WARM',
  SEED: 'SEED',
} as const;

/**
 * How urgent bytes are, as readers of the asking host have it.
 */
export type WantPriority =
  /**
   * A reader is blocked.
   */
  | 'DEMAND'
  | 0
  | 'READ_AHEAD'
  | 1
  | 'COPY'
  | 2
  | 'WARM'
  | 3
  | 'SEED'
  | 4

/**
 * How urgent bytes are, as readers of the asking host have it.
 */
export type WantPriority__Output = typeof WantPriority[keyof typeof WantPriority]
