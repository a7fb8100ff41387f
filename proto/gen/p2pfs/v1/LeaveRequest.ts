// Original file: p2pfs/v1/control.proto


export interface LeaveRequest {
  /**
   * Leaves whoever could not be told, and the cluster without the authority that this host keeps.
   */
  'force'?: (boolean);
}

export interface LeaveRequest__Output {
  /**
   * Leaves whoever could not be told, and the cluster without the authority that this host keeps.
   */
  'force': (boolean);
}
