// Original file: p2pfs/v1/control.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The room that cached and seeded content has.
 */
export interface StorageStatus {
  'directory'?: (string);
  /**
   * Bytes that p2pfs itself holds.
   */
  'usedBytes'?: (number | string | Long);
  /**
   * Bytes that the file system still has for p2pfs.
   */
  'availableBytes'?: (number | string | Long);
  /**
   * Size of the file system, bytes.
   */
  'totalBytes'?: (number | string | Long);
}

/**
 * The room that cached and seeded content has.
 */
export interface StorageStatus__Output {
  'directory': (string);
  /**
   * Bytes that p2pfs itself holds.
   */
  'usedBytes': (number);
  /**
   * Bytes that the file system still has for p2pfs.
   */
  'availableBytes': (number);
  /**
   * Size of the file system, bytes.
   */
  'totalBytes': (number);
}
