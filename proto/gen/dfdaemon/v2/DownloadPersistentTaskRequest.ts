// Original file: dfdaemon/v2/dfdaemon.proto

import type { ObjectStorage as _common_v2_ObjectStorage, ObjectStorage__Output as _common_v2_ObjectStorage__Output } from '../../common/v2/ObjectStorage.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface DownloadPersistentTaskRequest {
  'url'?: (string);
  'objectStorage'?: (_common_v2_ObjectStorage | null);
  'persistent'?: (boolean);
  'outputPath'?: (string);
  'timeout'?: (_google_protobuf_Duration | null);
  'needPieceContent'?: (boolean);
  'forceHardLink'?: (boolean);
  'digest'?: (string);
  'remoteIp'?: (string);
  'overwrite'?: (boolean);
  '_outputPath'?: "outputPath";
  '_timeout'?: "timeout";
  '_digest'?: "digest";
  '_remoteIp'?: "remoteIp";
}

export interface DownloadPersistentTaskRequest__Output {
  'url': (string);
  'objectStorage': (_common_v2_ObjectStorage__Output | null);
  'persistent': (boolean);
  'outputPath'?: (string);
  'timeout'?: (_google_protobuf_Duration__Output | null);
  'needPieceContent': (boolean);
  'forceHardLink': (boolean);
  'digest'?: (string);
  'remoteIp'?: (string);
  'overwrite': (boolean);
  '_outputPath'?: "outputPath";
  '_timeout'?: "timeout";
  '_digest'?: "digest";
  '_remoteIp'?: "remoteIp";
}
