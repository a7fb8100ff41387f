// Original file: p2pfs/v1/control.proto


export interface SchedulerStatus {
  /**
   * "ADDRESS:PORT".
   */
  'address'?: (string);
  /**
   * It serves and knows this host.
   */
  'serving'?: (boolean);
  /**
   * Why not. Empty when it does.
   */
  'reason'?: (string);
}

export interface SchedulerStatus__Output {
  /**
   * "ADDRESS:PORT".
   */
  'address': (string);
  /**
   * It serves and knows this host.
   */
  'serving': (boolean);
  /**
   * Why not. Empty when it does.
   */
  'reason': (string);
}
