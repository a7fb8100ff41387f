/** Reads without a kernel: what is fetched for them, how they wait and how they end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { P2pfsError, UnavailableError } from "../../base/errors.ts";
import { MOUNT_REQUEST_MS } from "../../base/limits.ts";
import type { OpenContent } from "../../fs/content-source.ts";
import { bytesContent, patternBytes, patternContent } from "../../fs/memory-file.ts";
import type { ReadPlan } from "../../fs/opened-file.ts";
import { ReadAheadBudget } from "../../fs/read-window.ts";
import { type Fixture, KeptLog, MIB, makeFilesystem, settle, take } from "./fixture.ts";

const coded = (code: string) => (error: unknown) => error instanceof P2pfsError && error.code === code;
const SEED = 7;

async function readAll(fixture: Fixture, handle: number, size: number, step: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let offset = 0; offset < size; offset += step)
    parts.push(take(await fixture.filesystem.read(handle, { offset, length: step })));
  return Buffer.concat(parts);
}

test("present blocks are answered at once, with a place in the content file", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  source.addFile("f", patternContent(3 * MIB, SEED), { arrival: "present" });
  const handle = await open("f");
  const plan = filesystem.read(handle, { offset: MIB - 5, length: 10 });
  assert.ok(!(plan instanceof Promise));
  assert.deepEqual(take(plan), patternBytes(SEED, MIB - 5, 10));
  assert.deepEqual(source.wants("f"), []);
  filesystem.release(handle);
});

test("a read of missing blocks wants exactly what it touches, at demand", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  const file = source.addFile("f", patternContent(10 * MIB, SEED));
  const handle = await open("f");
  const plan = await filesystem.read(handle, { offset: 5 * MIB - 2, length: 4 });
  assert.deepEqual(take(plan), patternBytes(SEED, 5 * MIB - 2, 4));
  assert.deepEqual(file.wants, [{ offset: 5 * MIB - 2, length: 4, priority: "demand" }]);
  assert.deepEqual(file.presentBlocks, [4, 5]);
});

test("the first 8 bytes of 30 files, as the kernel reads them, fetch 30 blocks", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  for (let n = 0; n < 30; n++) source.addFile(`shard-${n}`, patternContent(64 * MIB, n));
  for (let n = 0; n < 30; n++) {
    const handle = await open(`shard-${n}`);
    take(await filesystem.read(handle, { offset: 0, length: 16_384 }));
    filesystem.release(handle);
    assert.deepEqual(source.file(`shard-${n}`).presentBlocks, [0]);
  }
});

test("a file read from end to end has its bytes, and most of them came ahead of the reader", async (t) => {
  const fixture = await makeFilesystem(t);
  const size = 40 * MIB + 123;
  const file = fixture.source.addFile("f", patternContent(size, SEED));
  const handle = await fixture.open("f");
  assert.ok((await readAll(fixture, handle, size, 128 * 1024)).equals(patternBytes(SEED, 0, size)));
  const demanded = file.wants.filter(({ priority }) => priority === "demand");
  assert.ok(demanded.length <= 3, `${demanded.length} reads had to wait`);
});

test("reads are cut at the end of the file, and behind it they are empty", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  source.addFile("f", bytesContent("hello"));
  source.addFile("empty", bytesContent(""));
  const handle = await open("f");
  assert.equal(take(await filesystem.read(handle, { offset: 3, length: 100 })).toString(), "lo");
  assert.equal(take(await filesystem.read(handle, { offset: 5, length: 100 })).length, 0);
  assert.equal(take(await filesystem.read(handle, { offset: 99, length: 1 })).length, 0);
  assert.equal(take(await filesystem.read(await open("empty"), { offset: 0, length: 4096 })).length, 0);
});

test("a control file's bytes are those made at its open", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  let text = "first";
  source.addText("stats", () => text);
  const handle = await open("stats");
  text = "second, longer";
  assert.equal(take(await filesystem.read(handle, { offset: 0, length: 4096 })).toString(), "first");
  assert.equal(filesystem.fgetattr(handle).sizeBytes, 5);
  filesystem.release(handle);
  const again = await open("stats");
  assert.equal(take(await filesystem.read(again, { offset: 7, length: 4096 })).toString(), " longer");
});

test("what the fetch fails with is what the read fails with, and the next read tries again", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  const file = source.addFile("f", patternContent(2 * MIB, SEED));
  const handle = await open("f");
  file.setGate(new UnavailableError("the origin answers 503"));
  await assert.rejects(async () => filesystem.read(handle, { offset: 0, length: 10 }), coded("UNAVAILABLE"));
  file.setGate("open");
  assert.deepEqual(take(await filesystem.read(handle, { offset: 0, length: 10 })), patternBytes(SEED, 0, 10));
});

test("a read that nobody answers ends at the deadline; attributes and figures come meanwhile", async (t) => {
  const { source, filesystem, clock, open } = await makeFilesystem(t);
  source.addFile("f", patternContent(2 * MIB, SEED)).setGate("held");
  const handle = await open("f");
  const reading = Promise.resolve(filesystem.read(handle, { offset: 0, length: 10 }));
  assert.equal(filesystem.fgetattr(handle).sizeBytes, 2 * MIB);
  await filesystem.statfs();
  clock.advance(MOUNT_REQUEST_MS);
  await assert.rejects(reading, coded("DEADLINE"));
});

test("an interrupt ends one read of a handle and leaves the others waiting", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  const file = source.addFile("f", patternContent(2 * MIB, SEED));
  file.setGate("held");
  const handle = await open("f");
  const interrupt = new AbortController();
  const first = Promise.resolve(filesystem.read(handle, { offset: 0, length: 1 }, interrupt.signal));
  const second = Promise.resolve(filesystem.read(handle, { offset: 1, length: 1 }));
  interrupt.abort(new P2pfsError("CANCELLED", "interrupted"));
  await assert.rejects(first, coded("CANCELLED"));
  file.setGate("open");
  assert.equal(take(await second).length, 1);
});

test("closing a handle calls off its reads and its read-ahead, and closes the content", async (t) => {
  const fixture = await makeFilesystem(t);
  const { source, filesystem, open } = fixture;
  const file = source.addFile("f", patternContent(64 * MIB, SEED));
  const handle = await open("f");
  await readAll(fixture, handle, 2 * MIB, 128 * 1024);
  file.setGate("held");
  const reading = Promise.resolve(filesystem.read(handle, { offset: 60 * MIB, length: 1 }));
  await settle();
  filesystem.release(handle);
  await assert.rejects(reading, coded("CANCELLED"));
  await settle();
  assert.equal(file.opens.now, 0);
  assert.ok(file.wants.some(({ priority }) => priority === "unwanted"));
});

test("a content is closed only when its last read was taken", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  const file = source.addFile("f", patternContent(MIB, SEED), { arrival: "present" });
  const handle = await open("f");
  const plan = (await filesystem.read(handle, { offset: 0, length: 100 })) as ReadPlan;
  filesystem.release(handle);
  await settle();
  assert.equal(file.opens.now, 1);
  assert.deepEqual(take(plan), patternBytes(SEED, 0, 100));
  await settle();
  assert.equal(file.opens.now, 0);
});

test("all handles of a file share one opened content, opened once even by many at the same time", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  const file = source.addFile("f", patternContent(MIB, SEED));
  const inode = await find("f");
  const handles = await Promise.all(
    Array.from({ length: 20 }, () => filesystem.open(inode, { write: false })),
  );
  assert.equal(new Set(handles).size, 20);
  assert.deepEqual(file.opens, { total: 1, now: 1 });
  for (const handle of handles) filesystem.release(handle);
  await settle();
  assert.equal(file.opens.now, 0);
  assert.equal(filesystem.handleCount, 0);
});

test("an opening that was given up leaves nothing open, and does not take others with it", async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t);
  const file = source.addFile("f", patternContent(MIB, SEED));
  const inode = await find("f");
  let go = () => {};
  source.setFault("open", "f", () => new Promise((resolve) => (go = resolve)));
  const interrupt = new AbortController();
  const first = filesystem.open(inode, { write: false }, interrupt.signal);
  await settle();
  const second = filesystem.open(inode, { write: false });
  await settle();
  interrupt.abort(new P2pfsError("CANCELLED", "interrupted"));
  await assert.rejects(first, coded("CANCELLED"));
  source.setFault("open", "f", undefined);
  go();
  filesystem.release(await second);
  await settle();
  assert.equal(file.opens.now, 0);
  assert.equal(filesystem.handleCount, 0);
});

test("more open files than the bound are EMFILE, and leave nothing open", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t, { limits: { handlesMax: 2 } });
  for (const name of ["a", "b", "c"]) source.addFile(name, bytesContent("x"));
  await open("a");
  const second = await open("b");
  await assert.rejects(open("c"), coded("TOO_MANY_OPEN"));
  await settle();
  assert.equal(source.file("c").opens.now, 0);
  filesystem.release(second);
  await open("c");
});

/** Makes blocks go again, as eviction does, right after each of the first `times` wants for them was fulfilled. */
function evictAfterWant(source: Fixture["source"], path: string, times: number): void {
  const original = source.open.bind(source);
  let left = times;
  source.open = async (node, signal) => {
    const opened = await original(node, signal);
    if (!("want" in opened)) return opened;
    const want: OpenContent["want"] = async (range, priority, inner) => {
      await opened.want(range, priority, inner);
      if (left-- > 0) source.file(path).evict(0, { unreadToo: true });
    };
    return Object.create(opened, { want: { value: want } }) as OpenContent;
  };
}

test("blocks that go again before they are read are asked for again", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  source.addFile("f", patternContent(2 * MIB, SEED));
  evictAfterWant(source, "f", 2);
  const handle = await open("f");
  const plan = await filesystem.read(handle, { offset: 0, length: 2 * MIB });
  assert.ok(take(plan).equals(patternBytes(SEED, 0, 2 * MIB)));
});

test("a source that promises blocks and never has them is an error, not a hole", async (t) => {
  const { source, filesystem, open } = await makeFilesystem(t);
  source.addFile("f", patternContent(2 * MIB, SEED));
  evictAfterWant(source, "f", Number.POSITIVE_INFINITY);
  const handle = await open("f");
  await assert.rejects(async () => filesystem.read(handle, { offset: 0, length: 10 }), coded("INTERNAL"));
});

test("failed read-ahead is nobody's error: it is noted, and the reader goes on", async (t) => {
  const fixture = await makeFilesystem(t);
  const { source, filesystem, open, log } = fixture;
  const file = source.addFile("f", patternContent(64 * MIB, SEED));
  const handle = await open("f");
  file.arrive([0, 1, 2, 3, 4, 5]);
  file.setGate(new UnavailableError("the origin answers 503"));
  await readAll(fixture, handle, 6 * MIB, 128 * 1024);
  await settle();
  const failures = log.lines.filter(({ event }) => event === "read-ahead failed");
  assert.ok(failures.length >= 1 && failures.length <= 2, `${failures.length} failures noted`);
  assert.equal(failures[0]?.fields.reason, "the origin answers 503");
  file.setGate("open");
  assert.equal(take(await filesystem.read(handle, { offset: 6 * MIB, length: 5 })).length, 5);
});

test("read-ahead of all files stays within the budget they share", async (t) => {
  const budget = new ReadAheadBudget(16 * MIB);
  const fixture = await makeFilesystem(t, { budget });
  for (const name of ["a", "b", "c"]) {
    fixture.source.addFile(name, patternContent(64 * MIB, SEED));
    await readAll(fixture, await fixture.open(name), 4 * MIB, 128 * 1024);
    assert.ok(budget.usedBytes <= 16 * MIB);
  }
  assert.ok(budget.usedBytes > 0);
});

test("closing that fails is logged, and the next opening works", async (t) => {
  const { source, filesystem, open, log } = await makeFilesystem(t);
  source.addText("stats", () => "x");
  const original = source.open.bind(source);
  source.open = async (node, signal) => {
    const opened = await original(node, signal);
    return Object.assign({}, opened, { close: () => Promise.reject(new P2pfsError("IO", "disk gone")) });
  };
  filesystem.release(await open("stats"));
  await settle();
  assert.ok(log instanceof KeptLog);
  assert.deepEqual(
    log.lines.map(({ event }) => event),
    ["closing content failed"],
  );
});
