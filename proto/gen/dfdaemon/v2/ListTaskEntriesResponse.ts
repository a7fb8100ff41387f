// Original file: dfdaemon/v2/dfdaemon.proto

import type { Entry as _dfdaemon_v2_Entry, Entry__Output as _dfdaemon_v2_Entry__Output } from '../../dfdaemon/v2/Entry.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListTaskEntriesResponse {
  'contentLength'?: (number | string | Long);
  'responseHeader'?: ({[key: string]: string});
  'statusCode'?: (number);
  'entries'?: (_dfdaemon_v2_Entry)[];
  '_statusCode'?: "statusCode";
}

export interface ListTaskEntriesResponse__Output {
  'contentLength': (number);
  'responseHeader': ({[key: string]: string});
  'statusCode'?: (number);
  'entries': (_dfdaemon_v2_Entry__Output)[];
  '_statusCode'?: "statusCode";
}
