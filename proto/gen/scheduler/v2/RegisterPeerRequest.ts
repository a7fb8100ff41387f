// Original file: scheduler/v2/scheduler.proto

import type { Download as _common_v2_Download, Download__Output as _common_v2_Download__Output } from '../../common/v2/Download.ts';

/**
 * What a peer says first on its AnnouncePeer stream.
 */
export interface RegisterPeerRequest {
  'download'?: (_common_v2_Download | null);
}

/**
 * What a peer says first on its AnnouncePeer stream.
 */
export interface RegisterPeerRequest__Output {
  'download': (_common_v2_Download__Output | null);
}
