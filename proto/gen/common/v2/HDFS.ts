// Original file: common/v2/common.proto


/**
 * How to reach HDFS. Holds a secret: never logged.
 */
export interface HDFS {
  'delegationToken'?: (string);
  '_delegationToken'?: "delegationToken";
}

/**
 * How to reach HDFS. Holds a secret: never logged.
 */
export interface HDFS__Output {
  'delegationToken'?: (string);
  '_delegationToken'?: "delegationToken";
}
