// Original file: p2pfs/v1/control.proto


export interface LinkRequest {
  'url'?: (string);
  /**
   * Last component of the path below url/. Absent: derived from the URL.
   */
  'name'?: (string);
  /**
   * Sent with every request to the source. May hold secrets: never logged, never shown.
   */
  'header'?: ({[key: string]: string});
  /**
   * "algorithm:value" of the whole content.
   */
  'digest'?: (string);
  '_name'?: "name";
  '_digest'?: "digest";
}

export interface LinkRequest__Output {
  'url': (string);
  /**
   * Last component of the path below url/. Absent: derived from the URL.
   */
  'name'?: (string);
  /**
   * Sent with every request to the source. May hold secrets: never logged, never shown.
   */
  'header': ({[key: string]: string});
  /**
   * "algorithm:value" of the whole content.
   */
  'digest'?: (string);
  '_name'?: "name";
  '_digest'?: "digest";
}
