// Original file: p2pfs/v1/control.proto


export interface LeaveResponse {
}

export interface LeaveResponse__Output {
}
