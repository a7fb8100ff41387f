// Original file: p2pfs/v1/control.proto


export interface UnlinkResponse {
}

export interface UnlinkResponse__Output {
}
