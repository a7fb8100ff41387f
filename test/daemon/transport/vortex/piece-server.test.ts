/** The vortex piece server, asked by our transport and by clients that know no manners. */
import assert from "node:assert/strict";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, describe, type TestContext, test } from "node:test";
import { crc32 } from "node:zlib";
import { FakeClock, systemClock } from "../../../../base/clock.ts";
import { crc32Digest } from "../../../../base/crc32.ts";
import { P2pfsError } from "../../../../base/errors.ts";
import { BufferPool } from "../../../../base/file-pump.ts";
import { BLOCK_BYTES, PIECE_REQUEST_MS } from "../../../../base/limits.ts";
import { silentLogger } from "../../../../base/logger.ts";
import { decodeAnswer, encodeRequest } from "../../../../daemon/transport/vortex/packet.ts";
import { PieceServer, type PieceServerOptions } from "../../../../daemon/transport/vortex/piece-server.ts";
import { VortexTcpTransport } from "../../../../daemon/transport/vortex/tcp-transport.ts";
import { type FileSending, openFileSending } from "../../../../daemon/upload/file-sending.ts";
import { until } from "../../../base/promises.ts";
import { seededRandom } from "../../../base/seeded-random.ts";
import { scopeOf } from "../../../system/scope.ts";

const TASK = "cd".repeat(32);
const PIECE_BYTES = 4 * BLOCK_BYTES;

async function world(
  t: TestContext,
  clock = new FakeClock(),
  options: Pick<PieceServerOptions, "allow" | "sendFile"> = {},
) {
  const scope = scopeOf(t);
  const folder = await scope.folder();
  const bytes = seededRandom("pieces").bytes(2 * PIECE_BYTES + 17);
  const path = join(folder, "content");
  writeFileSync(path, bytes);
  const open = { now: 0 };
  const server = new PieceServer({
    clock,
    log: silentLogger,
    buffers: new BufferPool(4 * BLOCK_BYTES),
    ...options,
    store: {
      async piece({ taskId, piece }) {
        const offset = piece * PIECE_BYTES;
        if (taskId !== TASK) throw new P2pfsError("IO", "the disk is broken");
        if (offset >= bytes.length) return undefined;
        const part = bytes.subarray(offset, offset + PIECE_BYTES);
        const fd = openSync(path, "r");
        open.now += 1;
        const metadata = {
          number: piece,
          offset,
          length: part.length,
          digest: crc32Digest(crc32(part)),
          parentId: "",
          costSeconds: 0,
          createdAtSeconds: 1,
        };
        return {
          metadata,
          fd,
          async close() {
            open.now -= 1;
            closeSync(fd);
          },
        };
      },
    },
  });
  const port = await server.listen("127.0.0.1", 0);
  scope.after(() => server.close());
  return { server, port, bytes, open, scope, clock, folder };
}

/** Sends bytes and takes everything until the other side ends. */
function exchange(port: number, bytes: Uint8Array, options: { end?: boolean } = {}): Promise<Buffer> {
  return new Promise((resolve) => {
    const came: Buffer[] = [];
    const socket: Socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true }, () => {
      socket.write(bytes);
      if (options.end) socket.end();
    });
    socket.on("data", (chunk: Buffer) => void came.push(chunk));
    socket.on("error", () => {});
    socket.on("end", () => socket.destroy());
    socket.on("close", () => resolve(Buffer.concat(came)));
  });
}

/** Pieces through buffers of ours, and sent by the kernel. */
const WAYS: readonly { readonly name: string; readonly sending?: FileSending; readonly skip?: string }[] = [
  { name: "through buffers" },
  kernelSends(),
];

function kernelSends() {
  const name = "sent by the kernel";
  const sending = openFileSending(silentLogger);
  return sending.sendFile === undefined ? { name, skip: "the native addon is not built" } : { name, sending };
}

after(() => {
  for (const { sending } of WAYS) sending?.close();
});

for (const { name, sending, skip = false } of WAYS)
  describe(`the vortex piece server, pieces ${name}`, { skip }, () => {
    const ways = { sendFile: sending?.sendFile };
    test("serves each piece whole to our own transport, the last and short one too", async (t) => {
      const { port, bytes, open, scope, folder } = await world(t, new FakeClock(), ways);
      const transport = new VortexTcpTransport({
        clock: systemClock,
        buffers: new BufferPool(8 * BLOCK_BYTES),
      });
      scope.after(() => transport.close());
      const fd = openSync(join(folder, "copy"), "w+");
      const parent = { peerId: "p", hostId: "h", ip: "127.0.0.1", port };
      for (let piece = 0; piece < 3; piece++) {
        const offset = piece * PIECE_BYTES;
        const part = bytes.subarray(offset, offset + PIECE_BYTES);
        let blocks = 0;
        const into = { fd, offset, length: part.length, onBlock: () => void blocks++ };
        const fetched = await transport.fetch(
          parent,
          { taskId: TASK, piece, into },
          AbortSignal.timeout(30_000),
        );
        assert.equal(fetched.digest, crc32Digest(crc32(part)));
        assert.equal(blocks, Math.ceil(part.length / BLOCK_BYTES));
      }
      closeSync(fd);
      await until(() => open.now === 0);
    });

    test("says that a piece is not there, and that it could not be read", async (t) => {
      const { port } = await world(t, new FakeClock(), ways);
      const ask = async (taskId: string, piece: number) =>
        decodeAnswer(
          await exchange(port, encodeRequest({ family: "standard", taskId, piece }, 1)),
          "standard",
        );
      assert.deepEqual(await ask(TASK, 99), {
        kind: "error",
        code: 2,
        message: `piece ${TASK}-99 not found`,
      });
      assert.deepEqual(await ask("00".repeat(32), 0), {
        kind: "error",
        code: 3,
        message: "the disk is broken",
      });
    });

    test("does not answer what is no request, and goes on serving others", async (t) => {
      const { server, port, bytes } = await world(t, new FakeClock(), ways);
      const random = seededRandom("bad requests");
      const good = encodeRequest({ family: "standard", taskId: TASK, piece: 0 }, 1);
      for (let round = 0; round < 100; round++) {
        const bad = Buffer.from(good);
        bad[1] = 6 + random.below(240);
        const sent = bad.subarray(0, 1 + random.below(bad.length));
        assert.equal((await exchange(port, sent, { end: true })).length, 0);
      }
      const answer = await exchange(port, good);
      assert.ok(answer.subarray(answer.length - PIECE_BYTES).equals(bytes.subarray(0, PIECE_BYTES)));
      await until(() => server.connectionCount === 0);
    });

    test("lets go of a client that asks for nothing, and of one that goes away in the middle", async (t) => {
      const { server, port, clock, open } = await world(t, new FakeClock(), ways);
      const idle = exchange(port, new Uint8Array([1]));
      await until(() => server.connectionCount === 1);
      await clock.advance(PIECE_REQUEST_MS + 1);
      assert.equal((await idle).length, 0);
      const socket = connect({ host: "127.0.0.1", port }, () =>
        socket.write(encodeRequest({ family: "standard", taskId: TASK, piece: 0 }, 1)),
      );
      socket.on("error", () => {});
      socket.once("data", () => socket.destroy());
      await until(() => open.now === 1 || socket.destroyed);
      await until(() => open.now === 0 && server.connectionCount === 0);
    });

    test("a client that stops in the middle of a long piece holds up nobody, and close ends it", async (t) => {
      const { server, port, bytes, open } = await world(t, new FakeClock(), ways);
      const ask = encodeRequest({ family: "standard", taskId: TASK, piece: 0 }, 1);
      // Each takes its first bytes, and then nothing.
      const stopped = await Promise.all(
        Array.from({ length: 8 }, () => {
          const socket = connect({ host: "127.0.0.1", port }, () => socket.write(ask));
          socket.on("error", () => {});
          return new Promise<Socket>((resolve) =>
            socket.once("data", () => {
              socket.pause();
              resolve(socket);
            }),
          );
        }),
      );
      const answer = await exchange(port, ask);
      assert.ok(answer.subarray(answer.length - PIECE_BYTES).equals(bytes.subarray(0, PIECE_BYTES)));
      await server.close();
      assert.equal(open.now, 0);
      for (const socket of stopped) socket.destroy();
    });

    test("close ends what is being served, and is idempotent", async (t) => {
      // A piece may fit between the sockets as a whole, and be over before anybody looks: this one waits for its bandwidth.
      const allow = (_bytes: number, signal: AbortSignal) =>
        new Promise<void>((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason), { once: true }),
        );
      const { server, port, open } = await world(t, new FakeClock(), { ...ways, allow });
      const socket = connect({ host: "127.0.0.1", port }, () =>
        socket.write(encodeRequest({ family: "standard", taskId: TASK, piece: 0 }, 1)),
      );
      socket.on("error", () => {});
      await until(() => open.now === 1);
      await server.close();
      await server.close();
      assert.equal(open.now, 0);
    });
  });
