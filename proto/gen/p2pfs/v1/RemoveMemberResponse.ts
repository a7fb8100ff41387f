// Original file: p2pfs/v1/control.proto


export interface RemoveMemberResponse {
  'hostname'?: (string);
  'ip'?: (string);
  /**
   * Id of the token that it came by, which is ended with it. Empty: it was not good any more.
   */
  'endedToken'?: (string);
}

export interface RemoveMemberResponse__Output {
  'hostname': (string);
  'ip': (string);
  /**
   * Id of the token that it came by, which is ended with it. Empty: it was not good any more.
   */
  'endedToken': (string);
}
