/** Blocks of a seed, over real connections: our client with our server, and with seeds that are not what they should be. */
import assert from "node:assert/strict";
import { writeSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BufferPool } from "../../../base/buffer-pool.ts";
import { systemClock } from "../../../base/clock.ts";
import { NotFoundError } from "../../../base/errors.ts";
import { BLOCK_BYTES, SEED_CONNECT_MS } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { ParentChannels } from "../../../daemon/transport/parent-channels.ts";
import { SeedList } from "../../../daemon/transport/seed-list.ts";
import { SeedPeers } from "../../../daemon/transport/seed-peers.ts";
import type { Seed, SeedContent } from "../../../daemon/transport/seeds.ts";
import { failureOf } from "../../base/promises.ts";
import { contentBlock } from "../engine/scripted-source.ts";
import { FILE_URL, MIB } from "../server/served.ts";
import { serveUploads, type UploadServed } from "../server/upload-served.ts";

const FILE_BYTES = 9 * MIB + 100;

async function seedsOf(
  t: TestContext,
  ask: () => Promise<readonly Seed[]>,
  // A busy machine is no seed that does not answer.
  connectMs = 20_000,
): Promise<SeedPeers> {
  const channels = new ParentChannels({ clock: systemClock, messageBytesMax: 2 * MIB });
  const buffers = new BufferPool(8 * BLOCK_BYTES);
  const seeds = new SeedPeers({
    clock: systemClock,
    log: silentLogger,
    channels,
    buffers,
    hostId: "child",
    ask,
    connectMs,
  });
  await seeds.known();
  t.after(async () => {
    await seeds.close();
    channels.close();
    assert.equal(buffers.lentCount, 0, "all buffers are given back");
  });
  return seeds;
}

const seedOf = ({ uploadPort }: Pick<UploadServed, "uploadPort">): Seed => ({
  hostId: "seed",
  ip: "127.0.0.1",
  uploadPort,
});

/** What a host asks that has asked the origin itself. */
async function contentOf({ engine }: Pick<UploadServed, "engine">): Promise<SeedContent> {
  const request = { url: FILE_URL, headers: {} };
  const answer = await engine.stat(request);
  const { etag, lastModified } = answer.stat.validator;
  return {
    taskId: engine.taskIdFor(request, answer),
    download: { url: FILE_URL, type: "STANDARD" },
    length: answer.stat.length ?? 0,
    etag,
    lastModified,
  };
}

/** A file to be filled, and the blocks that came. */
async function emptyFile(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-seed-"));
  const file = await open(join(folder, "content"), "w+");
  t.after(async () => {
    await file.close();
    await rm(folder, { recursive: true });
  });
  const came: number[] = [];
  const into = (first: number, count: number) => {
    const offset = first * BLOCK_BYTES;
    const length = Math.min(count * BLOCK_BYTES, FILE_BYTES - offset);
    return { fd: file.fd, offset, length, onBlock: (block: number) => void came.push(block) };
  };
  const bytes = async (first: number, count: number) => {
    const { offset, length } = into(first, count);
    const buffer = Buffer.alloc(length);
    await file.read(buffer, 0, length, offset);
    return buffer;
  };
  return { came, into, bytes };
}

const never = () => new AbortController().signal;

test("blocks of a seed are those of the source, which gives each once for everybody", async (t) => {
  const served = await serveUploads(t);
  const content = await contentOf(served);
  const seed = seedOf(served);
  const children = await Promise.all(
    [1, 2, 3].map(async () => ({ file: await emptyFile(t), seeds: await seedsOf(t, async () => [seed]) })),
  );
  await Promise.all(
    children.map(async ({ file, seeds }) => {
      await seeds.read(seed, { content, priority: "demand", into: file.into(2, 3) }, never());
      await seeds.read(seed, { content, priority: "demand", into: file.into(9, 1) }, never());
    }),
  );
  for (const { file } of children) {
    assert.deepEqual(file.came, [2, 3, 4, 9]);
    assert.ok((await file.bytes(2, 3)).equals(contentBlock(1, 2 * MIB, 3 * MIB)));
    assert.ok((await file.bytes(9, 1)).equals(contentBlock(1, 9 * MIB, 100)));
  }
  const given = served.source.reads.reduce((sum, { length = 0 }) => sum + length, 0);
  assert.equal(given, 3 * MIB + 100);
});

test("a block is readable before the next one has come to the seed", async (t) => {
  const served = await serveUploads(t);
  let openGate = () => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  served.source.script = () => ({ gate: (block) => (block === 1 ? gate : undefined) });
  const seed = seedOf(served);
  const seeds = await seedsOf(t, async () => [seed]);
  const file = await emptyFile(t);
  const content = await contentOf(served);
  const reading = seeds.read(seed, { content, priority: "demand", into: file.into(0, 2) }, never());
  while (file.came.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(file.came, [0]);
  openGate();
  await reading;
  assert.deepEqual(file.came, [0, 1]);
});

test("a seed lends its credentials to nobody, and asks as one who asks for others", async (t) => {
  const asked: { asker: unknown; headers: unknown }[] = [];
  const served = await serveUploads(t, {
    context: { requestFor: (url) => ({ url, headers: { authorization: "Bearer secret" } }) },
  });
  const { read } = served.source;
  served.source.read = (request, signal) => {
    asked.push({ asker: request.asker, headers: request.headers });
    return read.call(served.source, request, signal);
  };
  const seed = seedOf(served);
  const seeds = await seedsOf(t, async () => [seed]);
  const content = await contentOf(served);
  const file = await emptyFile(t);
  await seeds.read(seed, { content, priority: "demand", into: file.into(0, 1) }, never());
  assert.deepEqual(asked, [{ asker: "network", headers: {} }]);
});

test("another version than the one that is wanted is not given, whoever has it", async (t) => {
  const served = await serveUploads(t);
  const content = await contentOf(served);
  const seed = seedOf(served);
  const seeds = await seedsOf(t, async () => [seed]);
  const file = await emptyFile(t);
  served.source.version = 2;
  const failure = await failureOf(
    seeds.read(seed, { content, priority: "demand", into: file.into(0, 1) }, never()),
  );
  assert.match(failure.message, /another version/);
  assert.deepEqual(file.came, []);
  assert.deepEqual(served.source.reads, []);
  assert.deepEqual(seeds.of(content.taskId), seed, "it is still a seed");
});

test("what the source says to the seed fails that content alone", async (t) => {
  const served = await serveUploads(t);
  const content = await contentOf(served);
  const error = new NotFoundError("the origin answered 404");
  served.source.script = ({ offset }) => ({ failAfter: { blocks: offset === 0 ? 1 : 0, error } });
  const seed = seedOf(served);
  const seeds = await seedsOf(t, async () => [seed]);
  const file = await emptyFile(t);
  const failure = await failureOf(
    seeds.read(seed, { content, priority: "demand", into: file.into(0, 3) }, never()),
  );
  assert.match(failure.message, /404/);
  assert.deepEqual(file.came, [0], "what came before is kept");
  assert.deepEqual(seeds.of(content.taskId), seed);
});

test("bytes that were altered in the seed's store are found, and the seed is asked no more", async (t) => {
  const served = await serveUploads(t);
  const content = await contentOf(served);
  const seed = seedOf(served);
  const seeds = await seedsOf(t, async () => [seed]);
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  await task.finish("copy");
  writeSync(task.fd, Buffer.from("altered"), 0, 7, 3 * MIB + 99);
  const file = await emptyFile(t);
  const failure = await failureOf(
    seeds.read(seed, { content, priority: "demand", into: file.into(2, 3) }, never()),
  );
  assert.equal(failure.code, "INTEGRITY");
  assert.match(failure.message, /^the seed seed \(127\.0\.0\.1:\d+\) sent block 3 /);
  assert.deepEqual(file.came, [2]);
  assert.equal(seeds.of(content.taskId), "none");
  await task.close();
});

test("a seed that does not answer costs a reader no more than a moment, and is left alone for a while", async (t) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const seed = seedOf({ uploadPort: (silent.address() as AddressInfo).port });
  const seeds = await seedsOf(t, async () => [seed], SEED_CONNECT_MS);
  const served = await serveUploads(t);
  const content = await contentOf(served);
  const file = await emptyFile(t);
  const failure = await failureOf(
    seeds.read(seed, { content, priority: "demand", into: file.into(0, 1) }, never()),
  );
  assert.equal(failure.code, "DEADLINE");
  assert.match(failure.message, new RegExp(`${SEED_CONNECT_MS} ms`));
  assert.equal(seeds.of(content.taskId), "none");
});

test("a seed that has too much to do is asked again for other content", async (t) => {
  const served = await serveUploads(t, { upload: { mayBegin: () => false } });
  const content = await contentOf(served);
  const seed = seedOf(served);
  const seeds = await seedsOf(t, async () => [seed]);
  const file = await emptyFile(t);
  const failure = await failureOf(
    seeds.read(seed, { content, priority: "demand", into: file.into(0, 1) }, never()),
  );
  assert.match(failure.message, /overloaded/);
  assert.deepEqual(seeds.of(content.taskId), seed);
});

test("a seed of Dragonfly's own is known as one after the first question", async (t) => {
  const served = await serveUploads(t);
  const content = await contentOf(served);
  const { Server, ServerCredentials } = await import("@grpc/grpc-js");
  const foreign = new Server();
  const uploadPort = await new Promise<number>((resolve, reject) =>
    foreign.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
  t.after(() => foreign.forceShutdown());
  const [own, other] = [{ ...seedOf(served), hostId: "own" }, seedOf({ uploadPort })];
  const seeds = await seedsOf(t, async () => [own, other]);
  const file = await emptyFile(t);
  await failureOf(seeds.read(other, { content, priority: "demand", into: file.into(0, 1) }, never()));
  for (const prefix of ["0", "5", "a", "f"]) assert.deepEqual(seeds.of(prefix.repeat(64)), own);
});

test("who the seeds are is asked once for all readers, and again when that is old", async () => {
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return [];
  };
  const list = new SeedList({ clock: systemClock, ask });
  assert.equal(list.of("0".repeat(64)), "unknown");
  assert.equal(list.of("1".repeat(64)), "unknown");
  await list.known();
  assert.equal(list.of("0".repeat(64)), "none");
  assert.equal(asked, 1);
  list.lookAnew();
  await list.look();
  assert.equal(asked, 2);
});

test("calls for blocks with absurd numbers are refused, and have no effect", async (t) => {
  const served = await serveUploads(t);
  const content = await contentOf(served);
  const seed = seedOf(served);
  const channels = new ParentChannels({ clock: systemClock });
  t.after(() => channels.close());
  const { pieces, release } = channels.use(seed);
  const plain = {
    hostId: "child",
    taskId: content.taskId,
    download: content.download,
    version: { length: content.length },
    firstBlock: 0,
    blockCount: 1,
  };
  const refused = async (changes: object) => {
    const call = pieces.want({ ...plain, ...changes });
    const status = await new Promise<{ code: number }>((resolve) => {
      call.on("data", () => assert.fail("it was served"));
      call.on("error", resolve);
    });
    return status.code;
  };
  const INVALID = 3;
  const DENIED = 7;
  assert.equal(await refused({ blockCount: 65 }), INVALID);
  assert.equal(await refused({ blockCount: 4_294_967_295 }), INVALID);
  assert.equal(await refused({ firstBlock: 10 }), INVALID);
  assert.equal(await refused({ firstBlock: 2 ** 53 }), INVALID);
  assert.equal(await refused({ taskId: "../../../../etc/passwd" }), INVALID);
  assert.equal(await refused({ hostId: "h".repeat(10_000) }), INVALID);
  assert.equal(await refused({ version: null }), INVALID);
  assert.equal(await refused({ download: null }), INVALID);
  assert.equal(await refused({ download: { url: "not a URL", type: "STANDARD" } }), INVALID);
  assert.equal(await refused({ download: { ...content.download, outputPath: "/tmp/p2pfs-never" } }), DENIED);
  assert.deepEqual(served.source.reads, []);
  assert.equal(served.uploadServer.wantCount, 0);
  release();
});

test("a host that gives nothing to others gives no blocks", async (t) => {
  const served = await serveUploads(t, { upload: { shares: false } });
  const content = await contentOf(served);
  const seed = seedOf(served);
  const seeds = await seedsOf(t, async () => [seed]);
  const file = await emptyFile(t);
  const failure = await failureOf(
    seeds.read(seed, { content, priority: "demand", into: file.into(0, 1) }, never()),
  );
  assert.match(failure.message, /upload\.disableShared/);
  assert.deepEqual(served.source.reads, []);
});

test("a reader that goes away takes what it wanted back from the seed", async (t) => {
  const served = await serveUploads(t);
  let openGate = () => {};
  const gate = new Promise<void>((resolve) => {
    openGate = resolve;
  });
  served.source.script = () => ({ gate: () => gate });
  const seed = seedOf(served);
  const seeds = await seedsOf(t, async () => [seed]);
  const content = await contentOf(served);
  const file = await emptyFile(t);
  const gone = new AbortController();
  const reading = seeds.read(seed, { content, priority: "demand", into: file.into(0, 1) }, gone.signal);
  const failed = failureOf(reading);
  while (served.uploadServer.wantCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  gone.abort(new Error("nobody reads"));
  assert.equal((await failed).message, "nobody reads");
  while (served.uploadServer.wantCount > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  openGate();
});
