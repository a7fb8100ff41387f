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
   * What p2pfs may fill in all, bytes.
   */
  'totalBytes'?: (number | string | Long);
  /**
   * Of the used bytes: content that was fetched and that nobody asked to keep.
   */
  'cacheBytes'?: (number | string | Long);
  /**
   * Bound of the cached content, bytes (gc.policy.cacheThreshold); 0: what the other bounds leave.
   */
  'cacheThresholdBytes'?: (number | string | Long);
  /**
   * Of the used bytes: content that is kept for other hosts. Never evicted.
   */
  'seededBytes'?: (number | string | Long);
  /**
   * Of the used bytes: content that is pinned. Never evicted while it is.
   */
  'pinnedBytes'?: (number | string | Long);
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
   * What p2pfs may fill in all, bytes.
   */
  'totalBytes': (number);
  /**
   * Of the used bytes: content that was fetched and that nobody asked to keep.
   */
  'cacheBytes': (number);
  /**
   * Bound of the cached content, bytes (gc.policy.cacheThreshold); 0: what the other bounds leave.
   */
  'cacheThresholdBytes': (number);
  /**
   * Of the used bytes: content that is kept for other hosts. Never evicted.
   */
  'seededBytes': (number);
  /**
   * Of the used bytes: content that is pinned. Never evicted while it is.
   */
  'pinnedBytes': (number);
}
