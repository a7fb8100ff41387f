// Original file: common/v2/common.proto


/**
 * Which program announces itself.
 */
export interface Build {
  'gitVersion'?: (string);
  'gitCommit'?: (string);
  'goVersion'?: (string);
  'rustVersion'?: (string);
  'platform'?: (string);
  '_gitCommit'?: "gitCommit";
  '_goVersion'?: "goVersion";
  '_rustVersion'?: "rustVersion";
  '_platform'?: "platform";
}

/**
 * Which program announces itself.
 */
export interface Build__Output {
  'gitVersion': (string);
  'gitCommit'?: (string);
  'goVersion'?: (string);
  'rustVersion'?: (string);
  'platform'?: (string);
  '_gitCommit'?: "gitCommit";
  '_goVersion'?: "goVersion";
  '_rustVersion'?: "rustVersion";
  '_platform'?: "platform";
}
