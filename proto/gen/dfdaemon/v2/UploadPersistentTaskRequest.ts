// Original file: dfdaemon/v2/dfdaemon.proto

import type { ObjectStorage as _common_v2_ObjectStorage, ObjectStorage__Output as _common_v2_ObjectStorage__Output } from '../../common/v2/ObjectStorage.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Publishes a local file as a persistent task and puts it into the object store.
 */
export interface UploadPersistentTaskRequest {
  'url'?: (string);
  'objectStorage'?: (_common_v2_ObjectStorage | null);
  'path'?: (string);
  'persistentReplicaCount'?: (number | string | Long);
  'ttl'?: (_google_protobuf_Duration | null);
  'timeout'?: (_google_protobuf_Duration | null);
  'remoteIp'?: (string);
  '_timeout'?: "timeout";
  '_remoteIp'?: "remoteIp";
}

/**
 * Publishes a local file as a persistent task and puts it into the object store.
 */
export interface UploadPersistentTaskRequest__Output {
  'url': (string);
  'objectStorage': (_common_v2_ObjectStorage__Output | null);
  'path': (string);
  'persistentReplicaCount': (number);
  'ttl': (_google_protobuf_Duration__Output | null);
  'timeout'?: (_google_protobuf_Duration__Output | null);
  'remoteIp'?: (string);
  '_timeout'?: "timeout";
  '_remoteIp'?: "remoteIp";
}
