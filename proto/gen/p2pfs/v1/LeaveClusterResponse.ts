// Original file: p2pfs/v1/cluster.proto


export interface LeaveClusterResponse {
}

export interface LeaveClusterResponse__Output {
}
