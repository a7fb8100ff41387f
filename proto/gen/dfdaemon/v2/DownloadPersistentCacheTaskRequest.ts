// Original file: dfdaemon/v2/dfdaemon.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface DownloadPersistentCacheTaskRequest {
  'taskId'?: (string);
  'persistent'?: (boolean);
  'tag'?: (string);
  'application'?: (string);
  'outputPath'?: (string);
  'timeout'?: (_google_protobuf_Duration | null);
  'needPieceContent'?: (boolean);
  'forceHardLink'?: (boolean);
  'digest'?: (string);
  'remoteIp'?: (string);
  'overwrite'?: (boolean);
  '_tag'?: "tag";
  '_application'?: "application";
  '_outputPath'?: "outputPath";
  '_timeout'?: "timeout";
  '_digest'?: "digest";
  '_remoteIp'?: "remoteIp";
}

export interface DownloadPersistentCacheTaskRequest__Output {
  'taskId': (string);
  'persistent': (boolean);
  'tag'?: (string);
  'application'?: (string);
  'outputPath'?: (string);
  'timeout'?: (_google_protobuf_Duration__Output | null);
  'needPieceContent': (boolean);
  'forceHardLink': (boolean);
  'digest'?: (string);
  'remoteIp'?: (string);
  'overwrite': (boolean);
  '_tag'?: "tag";
  '_application'?: "application";
  '_outputPath'?: "outputPath";
  '_timeout'?: "timeout";
  '_digest'?: "digest";
  '_remoteIp'?: "remoteIp";
}
