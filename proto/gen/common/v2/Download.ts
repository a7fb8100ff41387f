// Original file: common/v2/common.proto

import type { Range as _common_v2_Range, Range__Output as _common_v2_Range__Output } from '../../common/v2/Range.ts';
import type { TaskType as _common_v2_TaskType, TaskType__Output as _common_v2_TaskType__Output } from '../../common/v2/TaskType.ts';
import type { Priority as _common_v2_Priority, Priority__Output as _common_v2_Priority__Output } from '../../common/v2/Priority.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { ObjectStorage as _common_v2_ObjectStorage, ObjectStorage__Output as _common_v2_ObjectStorage__Output } from '../../common/v2/ObjectStorage.ts';
import type { HDFS as _common_v2_HDFS, HDFS__Output as _common_v2_HDFS__Output } from '../../common/v2/HDFS.ts';
import type { HuggingFace as _common_v2_HuggingFace, HuggingFace__Output as _common_v2_HuggingFace__Output } from '../../common/v2/HuggingFace.ts';
import type { ModelScope as _common_v2_ModelScope, ModelScope__Output as _common_v2_ModelScope__Output } from '../../common/v2/ModelScope.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One request to have a standard task, or a range of it.
 */
export interface Download {
  'url'?: (string);
  'digest'?: (string);
  'range'?: (_common_v2_Range | null);
  'type'?: (_common_v2_TaskType);
  'tag'?: (string);
  'application'?: (string);
  'priority'?: (_common_v2_Priority);
  'filteredQueryParams'?: (string)[];
  'requestHeader'?: ({[key: string]: string});
  'pieceLength'?: (number | string | Long);
  'outputPath'?: (string);
  'timeout'?: (_google_protobuf_Duration | null);
  'disableBackToSource'?: (boolean);
  'needBackToSource'?: (boolean);
  'certificateChain'?: (Buffer | Uint8Array | string)[];
  'prefetch'?: (boolean);
  'objectStorage'?: (_common_v2_ObjectStorage | null);
  'hdfs'?: (_common_v2_HDFS | null);
  'isPrefetch'?: (boolean);
  'needPieceContent'?: (boolean);
  'forceHardLink'?: (boolean);
  'contentForCalculatingTaskId'?: (string);
  'remoteIp'?: (string);
  'concurrentPieceCount'?: (number);
  'overwrite'?: (boolean);
  'actualPieceLength'?: (number | string | Long);
  'actualContentLength'?: (number | string | Long);
  'actualPieceCount'?: (number | string | Long);
  'enableTaskIdBasedBlobDigest'?: (boolean);
  'huggingFace'?: (_common_v2_HuggingFace | null);
  'modelScope'?: (_common_v2_ModelScope | null);
  'metadataOnly'?: (boolean);
  '_digest'?: "digest";
  '_range'?: "range";
  '_tag'?: "tag";
  '_application'?: "application";
  '_pieceLength'?: "pieceLength";
  '_outputPath'?: "outputPath";
  '_timeout'?: "timeout";
  '_objectStorage'?: "objectStorage";
  '_hdfs'?: "hdfs";
  '_contentForCalculatingTaskId'?: "contentForCalculatingTaskId";
  '_remoteIp'?: "remoteIp";
  '_concurrentPieceCount'?: "concurrentPieceCount";
  '_actualPieceLength'?: "actualPieceLength";
  '_actualContentLength'?: "actualContentLength";
  '_actualPieceCount'?: "actualPieceCount";
  '_huggingFace'?: "huggingFace";
  '_modelScope'?: "modelScope";
}

/**
 * One request to have a standard task, or a range of it.
 */
export interface Download__Output {
  'url': (string);
  'digest'?: (string);
  'range'?: (_common_v2_Range__Output | null);
  'type': (_common_v2_TaskType__Output);
  'tag'?: (string);
  'application'?: (string);
  'priority': (_common_v2_Priority__Output);
  'filteredQueryParams': (string)[];
  'requestHeader': ({[key: string]: string});
  'pieceLength'?: (number);
  'outputPath'?: (string);
  'timeout'?: (_google_protobuf_Duration__Output | null);
  'disableBackToSource': (boolean);
  'needBackToSource': (boolean);
  'certificateChain': (Buffer)[];
  'prefetch': (boolean);
  'objectStorage'?: (_common_v2_ObjectStorage__Output | null);
  'hdfs'?: (_common_v2_HDFS__Output | null);
  'isPrefetch': (boolean);
  'needPieceContent': (boolean);
  'forceHardLink': (boolean);
  'contentForCalculatingTaskId'?: (string);
  'remoteIp'?: (string);
  'concurrentPieceCount'?: (number);
  'overwrite': (boolean);
  'actualPieceLength'?: (number);
  'actualContentLength'?: (number);
  'actualPieceCount'?: (number);
  'enableTaskIdBasedBlobDigest': (boolean);
  'huggingFace'?: (_common_v2_HuggingFace__Output | null);
  'modelScope'?: (_common_v2_ModelScope__Output | null);
  'metadataOnly': (boolean);
  '_digest'?: "digest";
  '_range'?: "range";
  '_tag'?: "tag";
  '_application'?: "application";
  '_pieceLength'?: "pieceLength";
  '_outputPath'?: "outputPath";
  '_timeout'?: "timeout";
  '_objectStorage'?: "objectStorage";
  '_hdfs'?: "hdfs";
  '_contentForCalculatingTaskId'?: "contentForCalculatingTaskId";
  '_remoteIp'?: "remoteIp";
  '_concurrentPieceCount'?: "concurrentPieceCount";
  '_actualPieceLength'?: "actualPieceLength";
  '_actualContentLength'?: "actualContentLength";
  '_actualPieceCount'?: "actualPieceCount";
  '_huggingFace'?: "huggingFace";
  '_modelScope'?: "modelScope";
}
