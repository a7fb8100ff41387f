// Original file: p2pfs/v1/pieces.proto


export interface WitnessedPiece {
  'number'?: (number);
  /**
   * "crc32:" and the checksum in decimal, made of the bytes as they came.
   */
  'digest'?: (string);
  /**
   * The peer or host that gave it. Empty: the source.
   */
  'parentId'?: (string);
}

export interface WitnessedPiece__Output {
  'number': (number);
  /**
   * "crc32:" and the checksum in decimal, made of the bytes as they came.
   */
  'digest': (string);
  /**
   * The peer or host that gave it. Empty: the source.
   */
  'parentId': (string);
}
