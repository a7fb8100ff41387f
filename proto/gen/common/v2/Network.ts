// Original file: common/v2/common.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The host's network. Bandwidths are bits per second; a max_tx_bandwidth of zero makes a host a bad parent.
 */
export interface Network {
  'tcpConnectionCount'?: (number);
  'uploadTcpConnectionCount'?: (number);
  'location'?: (string);
  'idc'?: (string);
  'maxRxBandwidth'?: (number | string | Long);
  'rxBandwidth'?: (number | string | Long);
  'maxTxBandwidth'?: (number | string | Long);
  'txBandwidth'?: (number | string | Long);
  '_location'?: "location";
  '_idc'?: "idc";
  '_rxBandwidth'?: "rxBandwidth";
  '_txBandwidth'?: "txBandwidth";
}

/**
 * The host's network. Bandwidths are bits per second; a max_tx_bandwidth of zero makes a host a bad parent.
 */
export interface Network__Output {
  'tcpConnectionCount': (number);
  'uploadTcpConnectionCount': (number);
  'location'?: (string);
  'idc'?: (string);
  'maxRxBandwidth': (number);
  'rxBandwidth'?: (number);
  'maxTxBandwidth': (number);
  'txBandwidth'?: (number);
  '_location'?: "location";
  '_idc'?: "idc";
  '_rxBandwidth'?: "rxBandwidth";
  '_txBandwidth'?: "txBandwidth";
}
