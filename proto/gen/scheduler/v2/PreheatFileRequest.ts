// Original file: scheduler/v2/scheduler.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Priority as _common_v2_Priority, Priority__Output as _common_v2_Priority__Output } from '../../common/v2/Priority.ts';
import type { ObjectStorage as _common_v2_ObjectStorage, ObjectStorage__Output as _common_v2_ObjectStorage__Output } from '../../common/v2/ObjectStorage.ts';
import type { HDFS as _common_v2_HDFS, HDFS__Output as _common_v2_HDFS__Output } from '../../common/v2/HDFS.ts';
import type { Long } from '@grpc/proto-loader';

export interface PreheatFileRequest {
  'url'?: (string);
  'pieceLength'?: (number | string | Long);
  'tag'?: (string);
  'application'?: (string);
  'filteredQueryParams'?: (string)[];
  'header'?: ({[key: string]: string});
  'scope'?: (string);
  'ips'?: (string)[];
  'percentage'?: (number);
  'count'?: (number);
  'concurrentTaskCount'?: (number | string | Long);
  'concurrentPeerCount'?: (number | string | Long);
  'timeout'?: (_google_protobuf_Duration | null);
  'priority'?: (_common_v2_Priority);
  'certificateChain'?: (Buffer | Uint8Array | string)[];
  'insecureSkipVerify'?: (boolean);
  'objectStorage'?: (_common_v2_ObjectStorage | null);
  'hdfs'?: (_common_v2_HDFS | null);
  'outputPath'?: (string);
  '_pieceLength'?: "pieceLength";
  '_tag'?: "tag";
  '_application'?: "application";
  '_percentage'?: "percentage";
  '_count'?: "count";
  '_concurrentTaskCount'?: "concurrentTaskCount";
  '_concurrentPeerCount'?: "concurrentPeerCount";
  '_timeout'?: "timeout";
  '_objectStorage'?: "objectStorage";
  '_hdfs'?: "hdfs";
  '_outputPath'?: "outputPath";
}

export interface PreheatFileRequest__Output {
  'url': (string);
  'pieceLength'?: (number);
  'tag'?: (string);
  'application'?: (string);
  'filteredQueryParams': (string)[];
  'header': ({[key: string]: string});
  'scope': (string);
  'ips': (string)[];
  'percentage'?: (number);
  'count'?: (number);
  'concurrentTaskCount'?: (number);
  'concurrentPeerCount'?: (number);
  'timeout'?: (_google_protobuf_Duration__Output | null);
  'priority': (_common_v2_Priority__Output);
  'certificateChain': (Buffer)[];
  'insecureSkipVerify': (boolean);
  'objectStorage'?: (_common_v2_ObjectStorage__Output | null);
  'hdfs'?: (_common_v2_HDFS__Output | null);
  'outputPath'?: (string);
  '_pieceLength'?: "pieceLength";
  '_tag'?: "tag";
  '_application'?: "application";
  '_percentage'?: "percentage";
  '_count'?: "count";
  '_concurrentTaskCount'?: "concurrentTaskCount";
  '_concurrentPeerCount'?: "concurrentPeerCount";
  '_timeout'?: "timeout";
  '_objectStorage'?: "objectStorage";
  '_hdfs'?: "hdfs";
  '_outputPath'?: "outputPath";
}
