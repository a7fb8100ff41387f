// Original file: p2pfs/v1/control.proto


export interface UnmountResponse {
}

export interface UnmountResponse__Output {
}
