// Original file: dfdaemon/v2/dfdaemon.proto


/**
 * Kept for wire compatibility with Dragonfly's Go declarations; no released peer uses it.
 */
export interface IBVerbsQueuePairEndpoint {
  'num'?: (number);
  'lid'?: (number);
  'gid'?: (Buffer | Uint8Array | string);
}

/**
 * Kept for wire compatibility with Dragonfly's Go declarations; no released peer uses it.
 */
export interface IBVerbsQueuePairEndpoint__Output {
  'num': (number);
  'lid': (number);
  'gid': (Buffer);
}
