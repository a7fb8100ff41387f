// Original file: p2pfs/v1/control.proto


/**
 * One mount of this daemon.
 */
export interface MountStatus {
  'directory'?: (string);
  'binding'?: (string);
  'readOnly'?: (boolean);
}

/**
 * One mount of this daemon.
 */
export interface MountStatus__Output {
  'directory': (string);
  'binding': (string);
  'readOnly': (boolean);
}
