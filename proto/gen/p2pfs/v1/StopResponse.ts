// Original file: p2pfs/v1/control.proto


export interface StopResponse {
}

export interface StopResponse__Output {
}
