/** What the server for other hosts needs besides what all services share. Types only; the daemon fulfils them. */

/** A host's network, bits a second. */
export interface NetworkFigures {
  /** What the link, or a limit below it, allows; above zero: a host that could send nothing is nobody's parent. */
  readonly maxReceiveRate: number;
  readonly maxSendRate: number;
  /** What passes now; undefined until it was measured. */
  readonly receiveRate?: number;
  readonly sendRate?: number;
}

/** Where other hosts may fetch our pieces. */
export interface PieceAddress {
  readonly ip: string;
  /** Of the vortex TCP server. */
  readonly tcpPort: number;
}
