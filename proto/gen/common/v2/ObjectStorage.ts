// Original file: common/v2/common.proto


/**
 * How to reach an object store. Holds secrets: never logged.
 */
export interface ObjectStorage {
  'region'?: (string);
  'endpoint'?: (string);
  'accessKeyId'?: (string);
  'accessKeySecret'?: (string);
  'sessionToken'?: (string);
  'credentialPath'?: (string);
  'predefinedAcl'?: (string);
  'securityToken'?: (string);
  'insecureSkipVerify'?: (boolean);
  '_region'?: "region";
  '_endpoint'?: "endpoint";
  '_accessKeyId'?: "accessKeyId";
  '_accessKeySecret'?: "accessKeySecret";
  '_sessionToken'?: "sessionToken";
  '_credentialPath'?: "credentialPath";
  '_predefinedAcl'?: "predefinedAcl";
  '_securityToken'?: "securityToken";
  '_insecureSkipVerify'?: "insecureSkipVerify";
}

/**
 * How to reach an object store. Holds secrets: never logged.
 */
export interface ObjectStorage__Output {
  'region'?: (string);
  'endpoint'?: (string);
  'accessKeyId'?: (string);
  'accessKeySecret'?: (string);
  'sessionToken'?: (string);
  'credentialPath'?: (string);
  'predefinedAcl'?: (string);
  'securityToken'?: (string);
  'insecureSkipVerify'?: (boolean);
  '_region'?: "region";
  '_endpoint'?: "endpoint";
  '_accessKeyId'?: "accessKeyId";
  '_accessKeySecret'?: "accessKeySecret";
  '_sessionToken'?: "sessionToken";
  '_credentialPath'?: "credentialPath";
  '_predefinedAcl'?: "predefinedAcl";
  '_securityToken'?: "securityToken";
  '_insecureSkipVerify'?: "insecureSkipVerify";
}
