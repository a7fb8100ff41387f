// Original file: p2pfs/v1/control.proto


export interface StatusRequest {
}

export interface StatusRequest__Output {
}
