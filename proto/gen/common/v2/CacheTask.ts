// Original file: common/v2/common.proto

import type { TaskType as _common_v2_TaskType, TaskType__Output as _common_v2_TaskType__Output } from '../../common/v2/TaskType.ts';
import type { SizeScope as _common_v2_SizeScope, SizeScope__Output as _common_v2_SizeScope__Output } from '../../common/v2/SizeScope.ts';
import type { Piece as _common_v2_Piece, Piece__Output as _common_v2_Piece__Output } from '../../common/v2/Piece.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A task held in memory only. No released peer serves these.
 */
export interface CacheTask {
  'id'?: (string);
  'type'?: (_common_v2_TaskType);
  'url'?: (string);
  'digest'?: (string);
  'tag'?: (string);
  'application'?: (string);
  'filteredQueryParams'?: (string)[];
  'requestHeader'?: ({[key: string]: string});
  'contentLength'?: (number | string | Long);
  'pieceCount'?: (number);
  'sizeScope'?: (_common_v2_SizeScope);
  'pieces'?: (_common_v2_Piece)[];
  'state'?: (string);
  'peerCount'?: (number);
  'hasAvailablePeer'?: (boolean);
  'createdAt'?: (_google_protobuf_Timestamp | null);
  'updatedAt'?: (_google_protobuf_Timestamp | null);
  '_digest'?: "digest";
  '_tag'?: "tag";
  '_application'?: "application";
}

/**
 * A task held in memory only. No released peer serves these.
 */
export interface CacheTask__Output {
  'id': (string);
  'type': (_common_v2_TaskType__Output);
  'url': (string);
  'digest'?: (string);
  'tag'?: (string);
  'application'?: (string);
  'filteredQueryParams': (string)[];
  'requestHeader': ({[key: string]: string});
  'contentLength': (number);
  'pieceCount': (number);
  'sizeScope': (_common_v2_SizeScope__Output);
  'pieces': (_common_v2_Piece__Output)[];
  'state': (string);
  'peerCount': (number);
  'hasAvailablePeer': (boolean);
  'createdAt': (_google_protobuf_Timestamp__Output | null);
  'updatedAt': (_google_protobuf_Timestamp__Output | null);
  '_digest'?: "digest";
  '_tag'?: "tag";
  '_application'?: "application";
}
