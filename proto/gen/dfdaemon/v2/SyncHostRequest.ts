// Original file: dfdaemon/v2/dfdaemon.proto


/**
 * Asks a parent for its network load, once a second.
 */
export interface SyncHostRequest {
  'hostId'?: (string);
  'peerId'?: (string);
}

/**
 * Asks a parent for its network load, once a second.
 */
export interface SyncHostRequest__Output {
  'hostId': (string);
  'peerId': (string);
}
