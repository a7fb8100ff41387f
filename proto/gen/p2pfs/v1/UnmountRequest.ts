// Original file: p2pfs/v1/control.proto


export interface UnmountRequest {
  'directory'?: (string);
  /**
   * Detaches a busy mount now and lets its open files end by themselves.
   */
  'lazy'?: (boolean);
  /**
   * Aborts what is open.
   */
  'force'?: (boolean);
}

export interface UnmountRequest__Output {
  'directory': (string);
  /**
   * Detaches a busy mount now and lets its open files end by themselves.
   */
  'lazy': (boolean);
  /**
   * Aborts what is open.
   */
  'force': (boolean);
}
