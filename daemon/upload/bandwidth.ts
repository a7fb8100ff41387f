/** Limits of bandwidth and time around what fetches: who fetches knows nothing of them. */
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal } from "../../base/deadline.ts";
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

/** A piece that is not here in time fails, however many bytes of it came (download.pieceTimeout); waiting for bandwidth counts. */
export function withinTime(transport: Transport, clock: Clock, pieceMs: number): Transport {
  return {
    async fetch(parent, piece, signal) {
      const what = `piece ${piece.piece} of the parent ${parent.peerId}`;
      const deadline = deadlineSignal(clock, what, pieceMs, signal);
      try {
        return await transport.fetch(parent, piece, deadline.signal);
      } finally {
        deadline.close();
      }
    },
    close: () => transport.close(),
  };
}
