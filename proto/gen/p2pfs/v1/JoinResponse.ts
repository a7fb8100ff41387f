// Original file: p2pfs/v1/cluster.proto


export interface JoinResponse {
  /**
   * PEM.
   */
  'certificate'?: (string);
  'authority'?: (string);
  'clusterName'?: (string);
  'memberId'?: (string);
  /**
   * "ADDRESS:PORT".
   */
  'schedulers'?: (string)[];
}

export interface JoinResponse__Output {
  /**
   * PEM.
   */
  'certificate': (string);
  'authority': (string);
  'clusterName': (string);
  'memberId': (string);
  /**
   * "ADDRESS:PORT".
   */
  'schedulers': (string)[];
}
