/** Limits of bandwidth around what fetches: who fetches knows nothing of them. */
import type { TokenBucket } from "../../base/token-bucket.ts";
import type { Transport } from "../transport/transport.ts";

/** As Dragonfly's peers do, a piece's bytes are paid for before it is asked for (download.bandwidthLimit). */
export function withinBandwidth(transport: Transport, bucket: TokenBucket): Transport {
  return {
    async fetch(parent, piece, signal) {
      await bucket.take(piece.into.length ?? 0, signal);
      return transport.fetch(parent, piece, signal);
    },
    close: () => transport.close(),
  };
}
