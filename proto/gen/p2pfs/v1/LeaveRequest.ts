// Original file: p2pfs/v1/control.proto


export interface LeaveRequest {
}

export interface LeaveRequest__Output {
}
