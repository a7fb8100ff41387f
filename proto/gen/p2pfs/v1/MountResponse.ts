// Original file: p2pfs/v1/control.proto


export interface MountResponse {
  /**
   * The binding that serves the mount; never "auto".
   */
  'binding'?: (string);
}

export interface MountResponse__Output {
  /**
   * The binding that serves the mount; never "auto".
   */
  'binding': (string);
}
