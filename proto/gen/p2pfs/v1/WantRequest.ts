// Original file: p2pfs/v1/pieces.proto

import type { Download as _common_v2_Download, Download__Output as _common_v2_Download__Output } from '../../common/v2/Download.ts';
import type { ContentVersion as _p2pfs_v1_ContentVersion, ContentVersion__Output as _p2pfs_v1_ContentVersion__Output } from '../../p2pfs/v1/ContentVersion.ts';
import type { WantPriority as _p2pfs_v1_WantPriority, WantPriority__Output as _p2pfs_v1_WantPriority__Output } from '../../p2pfs/v1/WantPriority.ts';
import type { Long } from '@grpc/proto-loader';

export interface WantRequest {
  /**
   * Of the asking host, for the log.
   */
  'hostId'?: (string);
  'taskId'?: (string);
  /**
   * Of which the task is made: a URL without secrets, and what enters the task's id.
   */
  'download'?: (_common_v2_Download | null);
  'version'?: (_p2pfs_v1_ContentVersion | null);
  /**
   * Blocks of 1 MiB, counted from the start of the content.
   */
  'firstBlock'?: (number | string | Long);
  /**
   * At most 64.
   */
  'blockCount'?: (number);
  'priority'?: (_p2pfs_v1_WantPriority);
}

export interface WantRequest__Output {
  /**
   * Of the asking host, for the log.
   */
  'hostId': (string);
  'taskId': (string);
  /**
   * Of which the task is made: a URL without secrets, and what enters the task's id.
   */
  'download': (_common_v2_Download__Output | null);
  'version': (_p2pfs_v1_ContentVersion__Output | null);
  /**
   * Blocks of 1 MiB, counted from the start of the content.
   */
  'firstBlock': (number);
  /**
   * At most 64.
   */
  'blockCount': (number);
  'priority': (_p2pfs_v1_WantPriority__Output);
}
