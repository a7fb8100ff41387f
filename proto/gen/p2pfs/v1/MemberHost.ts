// Original file: p2pfs/v1/cluster.proto


/**
 * A host as it tells of itself.
 */
export interface MemberHost {
  'hostname'?: (string);
  /**
   * The address that others know it by, and all it has.
   */
  'ip'?: (string);
  'addresses'?: (string)[];
  /**
   * "scheduler", "seed".
   */
  'roles'?: (string)[];
  /**
   * Where its scheduler serves; 0 without one.
   */
  'schedulerPort'?: (number);
  /**
   * Dragonfly's id of it. Empty while no daemon runs.
   */
  'hostId'?: (string);
  /**
   * Of p2pfs.
   */
  'version'?: (string);
}

/**
 * A host as it tells of itself.
 */
export interface MemberHost__Output {
  'hostname': (string);
  /**
   * The address that others know it by, and all it has.
   */
  'ip': (string);
  'addresses': (string)[];
  /**
   * "scheduler", "seed".
   */
  'roles': (string)[];
  /**
   * Where its scheduler serves; 0 without one.
   */
  'schedulerPort': (number);
  /**
   * Dragonfly's id of it. Empty while no daemon runs.
   */
  'hostId': (string);
  /**
   * Of p2pfs.
   */
  'version': (string);
}
