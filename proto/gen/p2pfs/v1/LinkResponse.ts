// Original file: p2pfs/v1/control.proto


export interface LinkResponse {
  'name'?: (string);
}

export interface LinkResponse__Output {
  'name': (string);
}
