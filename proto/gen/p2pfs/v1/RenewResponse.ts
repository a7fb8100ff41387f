// Original file: p2pfs/v1/cluster.proto


export interface RenewResponse {
  'certificate'?: (string);
}

export interface RenewResponse__Output {
  'certificate': (string);
}
