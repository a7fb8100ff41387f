/** The pieces of an engine's task, served over vortex on a loopback port. */
import { connect } from "node:net";
import type { TestContext } from "node:test";
import { BufferPool } from "../../../base/buffer-pool.ts";
import { systemClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/logger.ts";
import { PieceServer, type PieceServerOptions } from "../../../daemon/transport/vortex/piece-server.ts";
import { StoredPieces } from "../../../daemon/upload/stored-pieces.ts";
import { MIB, type Served } from "../server/served.ts";

export interface PiecesServed {
  readonly store: StoredPieces;
  readonly server: PieceServer;
  readonly port: number;
}

/** Closed after the test, before what it is made of. */
export async function servePieces(
  t: TestContext,
  { storage, metrics }: Pick<Served, "storage" | "metrics">,
  options: { readonly shares?: boolean } & Partial<PieceServerOptions> = {},
): Promise<PiecesServed> {
  const store = new StoredPieces({ storage, clock: systemClock, metrics, shares: options.shares ?? true });
  const server = new PieceServer({
    store,
    clock: systemClock,
    log: silentLogger,
    buffers: new BufferPool(8 * MIB),
    ...options,
  });
  const port = await server.listen("127.0.0.1", 0);
  t.after(async () => {
    await server.close();
    await store.close();
  });
  return { store, server, port };
}

/** Sends the bytes and gives all that comes until the server closes. @param half FIN after the bytes, as Dragonfly's clients do */
export function exchange(port: number, bytes: Uint8Array, half = true): Promise<Buffer> {
  return new Promise((resolve) => {
    const came: Buffer[] = [];
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true }, () =>
      half ? socket.end(bytes) : socket.write(bytes),
    );
    socket.on("data", (chunk) => came.push(chunk));
    socket.on("error", () => {});
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve(Buffer.concat(came)));
  });
}
