// Original file: p2pfs/v1/control.proto


export interface RemoveMemberRequest {
  /**
   * Its name, address or id.
   */
  'host'?: (string);
}

export interface RemoveMemberRequest__Output {
  /**
   * Its name, address or id.
   */
  'host': (string);
}
