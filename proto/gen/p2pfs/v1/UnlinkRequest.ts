// Original file: p2pfs/v1/control.proto


export interface UnlinkRequest {
  'name'?: (string);
}

export interface UnlinkRequest__Output {
  'name': (string);
}
