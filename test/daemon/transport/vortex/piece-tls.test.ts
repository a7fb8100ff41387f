/** Pieces in TLS: who gets them, on which terms, and what the port still gives in clear. */
import assert from "node:assert/strict";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { crc32 } from "node:zlib";
import { systemClock } from "../../../../base/clock.ts";
import { crc32Digest } from "../../../../base/crc32.ts";
import { BufferPool } from "../../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../../base/limits.ts";
import { silentLogger } from "../../../../base/logger.ts";
import type { CertificateFiles } from "../../../../daemon/tls/certificate-files.ts";
import { decodeAnswer, encodeRequest } from "../../../../daemon/transport/vortex/packet.ts";
import { PieceServer } from "../../../../daemon/transport/vortex/piece-server.ts";
import { VortexTcpTransport } from "../../../../daemon/transport/vortex/tcp-transport.ts";
import { seededRandom } from "../../../base/seeded-random.ts";
import { type Scope, scopeOf } from "../../../system/scope.ts";
import { authorityOf, DAY_MS, openHost, writeHost } from "../../tls/host-files.ts";

const TASK = "ef".repeat(32);
const BYTES = seededRandom("pieces in TLS").bytes(4 * BLOCK_BYTES);
const REQUEST = encodeRequest({ family: "standard", taskId: TASK, piece: 0 }, 7);

interface Ground {
  readonly scope: Scope;
  readonly at: (name: string) => string;
  readonly opened: (...args: Parameters<typeof writeHost>) => Promise<CertificateFiles>;
}

async function ground(t: TestContext): Promise<Ground> {
  const scope = scopeOf(t);
  const folder = await scope.folder();
  const opened = async (...args: Parameters<typeof writeHost>) => {
    const files = await openHost(await writeHost(...args));
    scope.after(() => files.close());
    return files;
  };
  return { scope, at: (name) => join(folder, name), opened };
}

/** A parent with one piece. @returns its port */
async function serve(scope: Scope, tls?: { files: CertificateFiles; required: boolean }) {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-piece-tls-"));
  scope.after(async () => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "content"), BYTES);
  const server = new PieceServer({
    clock: systemClock,
    log: silentLogger,
    buffers: new BufferPool(4 * BLOCK_BYTES),
    ...(tls === undefined ? {} : { tls }),
    store: {
      async piece() {
        const file = await open(join(folder, "content"));
        const metadata = {
          number: 0,
          offset: 0,
          length: BYTES.length,
          digest: crc32Digest(crc32(BYTES)),
          parentId: "",
          costSeconds: 0,
          createdAtSeconds: 1,
        };
        return { metadata, fd: file.fd, close: () => file.close() };
      },
    },
  });
  const port = await server.listen("127.0.0.1", 0);
  scope.after(() => server.close());
  return { server, port };
}

/** Fetches the piece as a host of p2pfs does. */
async function fetchFrom(
  ground: Ground,
  port: number,
  child: { tls?: { files: CertificateFiles; required: boolean }; offersTls?: boolean; times?: number },
): Promise<void> {
  const { tls, offersTls, times = 1 } = child;
  const transport = new VortexTcpTransport({
    clock: systemClock,
    buffers: new BufferPool(4 * BLOCK_BYTES),
    ...(tls === undefined ? {} : { tls }),
  });
  const path = ground.at(`got-${Math.random()}`);
  const fd = openSync(path, "w+");
  try {
    for (let time = 0; time < times; time++) {
      const into = { fd, offset: 0, length: BYTES.length, onBlock: () => {} };
      const from = { peerId: "parent", hostId: "host", ip: "127.0.0.1", port };
      await transport.fetch(
        { ...from, ...(offersTls === undefined ? {} : { offersTls }) },
        { taskId: TASK, piece: 0, into },
        AbortSignal.timeout(20_000),
      );
      assert.ok(readFileSync(path).equals(BYTES));
    }
  } finally {
    await transport.close();
  }
}

/** What a client gets in clear for a request of vortex, sent in parts of this size. */
function inClear(port: number, partBytes = REQUEST.length): Promise<Buffer> {
  return new Promise((resolve) => {
    const came: Buffer[] = [];
    const socket: Socket = connect({ host: "127.0.0.1", port }, async () => {
      for (let at = 0; at < REQUEST.length && !socket.destroyed; at += partBytes) {
        socket.write(REQUEST.subarray(at, at + partBytes));
        await new Promise((next) => setTimeout(next, 1));
      }
    });
    socket.on("data", (chunk: Buffer) => void came.push(chunk));
    socket.on("error", () => {});
    socket.on("close", () => resolve(Buffer.concat(came)));
  });
}

function isPiece(answer: Buffer): boolean {
  const head = decodeAnswer(answer, "standard");
  return head?.kind === "content" && answer.subarray(head.bytes).equals(BYTES);
}

/** Passes bytes on and keeps them: what somebody on the wire sees. */
async function wire(scope: Scope, port: number): Promise<{ port: number; seen: Buffer[] }> {
  const seen: Buffer[] = [];
  const server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (chunk: Buffer) => {
        seen.push(Buffer.from(chunk));
        to.write(chunk);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroySoon());
    }
  });
  const listening = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    }),
  );
  scope.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: listening, seen };
}

test("where TLS is offered, children of p2pfs get pieces in it, and others get theirs in clear, however slowly they ask", async (t) => {
  const here = await ground(t);
  const authority = await authorityOf("offered");
  const parent = { files: await here.opened(here.at("parent"), authority), required: false };
  const { port, server } = await serve(here.scope, parent);
  const child = { files: await here.opened(here.at("child"), authority), required: false };
  const between = await wire(here.scope, port);
  await fetchFrom(here, between.port, { tls: child, offersTls: true });
  const seen = Buffer.concat(between.seen);
  assert.ok(seen.length > BYTES.length);
  assert.equal(seen.indexOf(BYTES.subarray(1000, 1032)), -1, "content on the wire");
  assert.equal(seen.indexOf(TASK), -1, "a task's id on the wire");
  // A parent that does not say so is one of Dragonfly's.
  await fetchFrom(here, port, { tls: child });
  await fetchFrom(here, port, {});
  for (const partBytes of [REQUEST.length, 1]) assert.ok(isPiece(await inClear(port, partBytes)));
  assert.equal(server.connectionCount, 0);
});

test("where TLS is required, nothing is given in clear, and a child asks for nothing in clear", async (t) => {
  const here = await ground(t);
  const authority = await authorityOf("required");
  const parent = { files: await here.opened(here.at("parent"), authority), required: true };
  const { port } = await serve(here.scope, parent);
  const child = { files: await here.opened(here.at("child"), authority), required: true };
  await fetchFrom(here, port, { tls: child });
  for (const partBytes of [REQUEST.length, 1]) assert.equal((await inClear(port, partBytes)).length, 0);
  await assert.rejects(fetchFrom(here, port, {}), { code: "UNAVAILABLE" });
  const plain = await serve(here.scope);
  await assert.rejects(fetchFrom(here, plain.port, { tls: child, offersTls: false }), {
    code: "UNAVAILABLE",
  });
});

test("a certificate of another authority, an expired one, or none, gets nothing; and no such parent is believed", async (t) => {
  const here = await ground(t);
  const [ours, theirs] = await Promise.all([authorityOf("ours"), authorityOf("theirs")]);
  const right = await here.opened(here.at("right"), ours);
  const { port } = await serve(here.scope, { files: right, required: true });
  const expired = await here.opened(here.at("expired"), ours, { nowMs: Date.now() - 200 * DAY_MS });
  const foreign = await here.opened(here.at("foreign"), theirs);
  for (const files of [expired, foreign]) {
    await assert.rejects(fetchFrom(here, port, { tls: { files, required: true } }), { code: "UNAVAILABLE" });
    const other = await serve(here.scope, { files, required: true });
    await assert.rejects(fetchFrom(here, other.port, { tls: { files: right, required: true } }), {
      code: "UNAVAILABLE",
      message: /certificate/,
    });
  }
  const got = await new Promise<number>((resolve) => {
    let bytes = 0;
    const socket = connectTls({ host: "127.0.0.1", port, ca: right.texts.ca }, () => socket.write(REQUEST));
    socket.on("data", (chunk) => {
      bytes += chunk.length;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(bytes));
  });
  assert.equal(got, 0);
});

test("a session that was begun with another authority's certificate gets nothing when it is resumed", async (t) => {
  const here = await ground(t);
  const [ours, theirs] = await Promise.all([authorityOf("ours"), authorityOf("theirs")]);
  const { port } = await serve(here.scope, {
    files: await here.opened(here.at("right"), ours),
    required: true,
  });
  const { own } = (await here.opened(here.at("foreign"), theirs)).texts;
  let session: Buffer | undefined;
  const ask = () =>
    new Promise<number>((resolve) => {
      let bytes = 0;
      const options = { host: "127.0.0.1", port, ...own, rejectUnauthorized: false };
      const socket = connectTls(
        { ...options, ALPNProtocols: ["p2pfs-vortex"], ...(session === undefined ? {} : { session }) },
        () => void socket.write(REQUEST),
      );
      socket.on("session", (ticket) => {
        session = ticket;
      });
      socket.on("data", (chunk) => {
        bytes += chunk.length;
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(bytes));
    });
  for (let time = 0; time < 3; time++) assert.equal(await ask(), 0);
});

test("a session is resumed for the next piece, and none of before after certificates were renewed", async (t) => {
  const here = await ground(t);
  const [ours, theirs] = await Promise.all([authorityOf("before"), authorityOf("after")]);
  const parentFiles = await here.opened(here.at("parent"), ours);
  const childFiles = await here.opened(here.at("child"), ours);
  const { port } = await serve(here.scope, { files: parentFiles, required: true });
  const between = await wire(here.scope, port);
  const sizes: number[] = [];
  const transport = new VortexTcpTransport({
    clock: systemClock,
    buffers: new BufferPool(4 * BLOCK_BYTES),
    tls: { files: childFiles, required: true },
  });
  t.after(() => transport.close());
  const fd = openSync(here.at("got"), "w+");
  const fetchOnce = async () => {
    between.seen.length = 0;
    const into = { fd, offset: 0, length: BYTES.length, onBlock: () => {} };
    const from = { peerId: "parent", hostId: "host", ip: "127.0.0.1", port: between.port };
    await transport.fetch(from, { taskId: TASK, piece: 0, into }, AbortSignal.timeout(20_000));
    sizes.push(between.seen.reduce((sum, { length }) => sum + length, 0));
  };
  for (let time = 0; time < 3; time++) await fetchOnce();
  const [full = 0, ...resumed] = sizes;
  // Both certificates travel in a full handshake alone.
  for (const size of resumed) assert.ok(size < full - 800, `${sizes}`);
  await writeHost(here.at("parent"), theirs);
  await parentFiles.look();
  await assert.rejects(fetchOnce(), { code: "UNAVAILABLE" });
  await writeHost(here.at("child"), theirs);
  await childFiles.look();
  await fetchOnce();
});

test("a host that was removed from the cluster gets no piece and gives none, by a session of before neither, and its connections end", async (t) => {
  const here = await ground(t);
  const authority = await authorityOf("removing");
  const parentFiles = await here.opened(here.at("parent"), authority, { memberId: "parent" });
  const childFiles = await here.opened(here.at("child"), authority, { memberId: "child" });
  const { port, server } = await serve(here.scope, { files: parentFiles, required: true });
  const tls = { files: childFiles, required: true };
  await fetchFrom(here, port, { tls, times: 2 });
  const { ca, own } = childFiles.texts;
  let session: Buffer | undefined;
  /** A connection that asks nothing. @returns once it has ended, whether a session was resumed */
  const open = () => {
    const resumed = session === undefined ? {} : { session };
    const options = { host: "127.0.0.1", port, ca, ...own, ALPNProtocols: ["p2pfs-vortex"], ...resumed };
    let isReused = false;
    const socket = connectTls(options, () => {
      isReused = socket.isSessionReused();
    });
    socket.on("session", (ticket) => {
      session = ticket;
    });
    socket.on("error", () => {});
    socket.resume();
    return new Promise<boolean>((resolve) => socket.once("close", () => resolve(isReused)));
  };
  const running = open();
  while (server.connectionCount === 0 || session === undefined)
    await new Promise((resolve) => setTimeout(resolve, 5));
  parentFiles.refused.replace(["child"]);
  assert.equal(await running, false);
  assert.equal(await open(), true);
  await assert.rejects(fetchFrom(here, port, { tls }), { code: "UNAVAILABLE" });
  parentFiles.refused.replace([]);
  await fetchFrom(here, port, { tls });
  childFiles.refused.replace(["parent"]);
  await assert.rejects(fetchFrom(here, port, { tls }), { message: /was removed from the cluster/ });
});
