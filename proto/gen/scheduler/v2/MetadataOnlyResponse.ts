// Original file: scheduler/v2/scheduler.proto


/**
 * The peer is known as a holder; nothing is to be fetched.
 */
export interface MetadataOnlyResponse {
}

/**
 * The peer is known as a holder; nothing is to be fetched.
 */
export interface MetadataOnlyResponse__Output {
}
