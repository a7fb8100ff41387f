// Original file: p2pfs/v1/cluster.proto


export interface LeaveClusterRequest {
}

export interface LeaveClusterRequest__Output {
}
