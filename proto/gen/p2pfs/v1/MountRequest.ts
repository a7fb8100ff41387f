// Original file: p2pfs/v1/control.proto


export interface MountRequest {
  /**
   * Absolute path of an existing directory.
   */
  'directory'?: (string);
  /**
   * Lets other users than the mount's owner in.
   */
  'allowOther'?: (boolean);
  'readOnly'?: (boolean);
  /**
   * How the kernel is reached: "auto", "native" or "fuse-native". Empty means "auto".
   */
  'binding'?: (string);
  /**
   * Owner and group of every file that says nothing of its own; default the daemon's.
   */
  'uid'?: (number);
  'gid'?: (number);
  /**
   * Permission bits taken away from every file.
   */
  'umask'?: (number);
  /**
   * The process for which the mount exists: the daemon unmounts when it is gone. Absent: until told.
   */
  'ownerPid'?: (number);
  '_uid'?: "uid";
  '_gid'?: "gid";
  '_umask'?: "umask";
  '_ownerPid'?: "ownerPid";
}

export interface MountRequest__Output {
  /**
   * Absolute path of an existing directory.
   */
  'directory': (string);
  /**
   * Lets other users than the mount's owner in.
   */
  'allowOther': (boolean);
  'readOnly': (boolean);
  /**
   * How the kernel is reached: "auto", "native" or "fuse-native". Empty means "auto".
   */
  'binding': (string);
  /**
   * Owner and group of every file that says nothing of its own; default the daemon's.
   */
  'uid'?: (number);
  'gid'?: (number);
  /**
   * Permission bits taken away from every file.
   */
  'umask'?: (number);
  /**
   * The process for which the mount exists: the daemon unmounts when it is gone. Absent: until told.
   */
  'ownerPid'?: (number);
  '_uid'?: "uid";
  '_gid'?: "gid";
  '_umask'?: "umask";
  '_ownerPid'?: "ownerPid";
}
