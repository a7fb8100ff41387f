// Original file: dfdaemon/v2/dfdaemon.proto

import type { IBVerbsQueuePairEndpoint as _dfdaemon_v2_IBVerbsQueuePairEndpoint, IBVerbsQueuePairEndpoint__Output as _dfdaemon_v2_IBVerbsQueuePairEndpoint__Output } from '../../dfdaemon/v2/IBVerbsQueuePairEndpoint.ts';

export interface ExchangeIBVerbsQueuePairEndpointRequest {
  'endpoint'?: (_dfdaemon_v2_IBVerbsQueuePairEndpoint | null);
}

export interface ExchangeIBVerbsQueuePairEndpointRequest__Output {
  'endpoint': (_dfdaemon_v2_IBVerbsQueuePairEndpoint__Output | null);
}
