// Original file: p2pfs/v1/pieces.proto

import type { ContentVersion as _p2pfs_v1_ContentVersion, ContentVersion__Output as _p2pfs_v1_ContentVersion__Output } from '../../p2pfs/v1/ContentVersion.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * One block.
 */
export interface WantResponse {
  'block'?: (number | string | Long);
  /**
   * CRC-32 (IEEE 802.3) that its bytes had when they came to the host that sends them, if it still knows; else that they have now.
   */
  'crc32'?: (number);
  /**
   * 1 MiB; less only at the end of the content.
   */
  'data'?: (Buffer | Uint8Array | string);
  /**
   * The version the bytes belong to; in the first answer alone.
   */
  'version'?: (_p2pfs_v1_ContentVersion | null);
}

/**
 * One block.
 */
export interface WantResponse__Output {
  'block': (number);
  /**
   * CRC-32 (IEEE 802.3) that its bytes had when they came to the host that sends them, if it still knows; else that they have now.
   */
  'crc32': (number);
  /**
   * 1 MiB; less only at the end of the content.
   */
  'data': (Buffer);
  /**
   * The version the bytes belong to; in the first answer alone.
   */
  'version': (_p2pfs_v1_ContentVersion__Output | null);
}
