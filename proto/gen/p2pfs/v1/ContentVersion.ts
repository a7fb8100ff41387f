// Original file: p2pfs/v1/pieces.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The content's version, as its source told it.
 */
export interface ContentVersion {
  /**
   * Bytes.
   */
  'length'?: (number | string | Long);
  /**
   * Exactly as sent. Absent: the source names none.
   */
  'etag'?: (string);
  'lastModified'?: (string);
  '_etag'?: "etag";
  '_lastModified'?: "lastModified";
}

/**
 * The content's version, as its source told it.
 */
export interface ContentVersion__Output {
  /**
   * Bytes.
   */
  'length': (number);
  /**
   * Exactly as sent. Absent: the source names none.
   */
  'etag'?: (string);
  'lastModified'?: (string);
  '_etag'?: "etag";
  '_lastModified'?: "lastModified";
}
