// Original file: p2pfs/v1/control.proto


export interface StopRequest {
}

export interface StopRequest__Output {
}
