// Original file: scheduler/v2/scheduler.proto

import type { Long } from '@grpc/proto-loader';

export interface RegisterPersistentCachePeerRequest {
  'persistent'?: (boolean);
  'tag'?: (string);
  'application'?: (string);
  'pieceLength'?: (number | string | Long);
  'outputPath'?: (string);
  'concurrentPieceCount'?: (number);
  'pieceCount'?: (number | string | Long);
  '_tag'?: "tag";
  '_application'?: "application";
  '_outputPath'?: "outputPath";
  '_concurrentPieceCount'?: "concurrentPieceCount";
}

export interface RegisterPersistentCachePeerRequest__Output {
  'persistent': (boolean);
  'tag'?: (string);
  'application'?: (string);
  'pieceLength': (number);
  'outputPath'?: (string);
  'concurrentPieceCount'?: (number);
  'pieceCount': (number);
  '_tag'?: "tag";
  '_application'?: "application";
  '_outputPath'?: "outputPath";
  '_concurrentPieceCount'?: "concurrentPieceCount";
}
