/** What every source promises. An implementation passes it by a one-line call with a factory. */
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { crc32 } from "node:zlib";
import type { Destination } from "../../base/destination.ts";
import type { P2pfsError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import type {
  Source,
  SourceEntry,
  SourceReadRequest,
  SourceRequest,
  SourceStat,
} from "../../daemon/source/source.ts";
import { randomContent } from "../origin/content.ts";

/** A source and the origin behind it. */
export interface SourceFixture {
  readonly source: Source;
  /** The URL of a path of plain names: "a folder/name?.bin" means just that. */
  url(path: string): string;
  put(path: string, bytes: Buffer): Promise<void>;
  remove(path: string): Promise<void>;
  /** What belongs to each request besides its URL: credentials, certificates. */
  readonly request?: Partial<SourceRequest>;
}

/** Makes a source with an empty origin; `t.after` takes away what it leaves. */
export type MakeSource = (t: TestContext) => Promise<SourceFixture>;

export interface SourceTraits {
  /** False for origins that list folders without lengths. Default true. */
  readonly listsLengths?: boolean;
}

const NAMES = [
  "plain.bin",
  "two words.txt",
  "100%25.bin",
  "wörld-☃-🚀",
  "it's+a=b&c;d,e.txt",
  'say "hi".txt',
  "q?x#y.bin",
];

/** A stretch of a file on disk that records what is announced. */
export interface RecordedDestination extends Destination {
  readonly blocks: { readonly block: number; readonly length: number; readonly crc32: number }[];
  /** The whole file. */
  content(): Buffer;
}

let files = 0;

/** Opens a new file, `fileBytes` long, to be filled from `offset`; goes with the test. */
export function openDestination(
  t: TestContext,
  stretch: { offset?: number; length: number | undefined; fileBytes?: number },
): RecordedDestination {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-source-"));
  const path = join(folder, `content-${files++}`);
  const fd = openSync(path, "w+");
  ftruncateSync(fd, stretch.fileBytes ?? 0);
  t.after(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const blocks: { block: number; length: number; crc32: number }[] = [];
  return {
    fd,
    offset: stretch.offset ?? 0,
    length: stretch.length,
    blocks,
    onBlock: (block, length, crc) => void blocks.push({ block, length, crc32: crc }),
    content: () => readFileSync(path),
  };
}

/** A signal that never fires; many may listen. */
export const never = new AbortController().signal;
setMaxListeners(0, never);

/** The read of a stretch of what `stat` described. */
export function readOf(request: SourceRequest, stat: SourceStat, into: Destination): SourceReadRequest {
  return { ...request, into, contentLength: stat.length, validator: stat.validator, ranges: stat.ranges };
}

/** All entries of a listing, by name. */
export async function listed(source: Source, request: SourceRequest & { recursive?: boolean }) {
  const found = new Map<string, SourceEntry>();
  for await (const page of source.list(request, never)) {
    assert.ok(page.length > 0 && page.length <= 1000, "pages are bounded and not empty");
    for (const entry of page) {
      assert.ok(!found.has(`${entry.kind} ${entry.name}`), `${entry.name} is listed once`);
      found.set(`${entry.kind} ${entry.name}`, entry);
    }
  }
  return found;
}

export function sourceSuite(name: string, make: MakeSource, traits: SourceTraits = {}): void {
  describe(name, () => {
    statTests(make);
    readTests(make);
    versionTests(make);
    listTests(make, traits);
    endTests(make);
  });
}

function requestOf(fixture: SourceFixture, path: string): SourceRequest {
  return { headers: {}, ...fixture.request, url: fixture.url(path) };
}

function statTests(make: MakeSource): void {
  test("stat tells kind, length, ranges and a validator", async (t) => {
    const fixture = await make(t);
    await fixture.put("folder/file.bin", Buffer.alloc(12_345));
    const stat = await fixture.source.stat(requestOf(fixture, "folder/file.bin"), never);
    assert.equal(stat.kind, "file");
    assert.equal(stat.length, 12_345);
    assert.equal(stat.ranges, true);
    assert.equal(stat.statusCode, 200);
    assert.ok(stat.validator.etag !== undefined || stat.validator.lastModified !== undefined);
    assert.equal(stat.validator.length, 12_345);
    assert.equal(stat.responseHeaders["content-length"], "12345");
    assert.equal(stat.responseHeaders["content-range"], undefined);
  });

  test("an empty file has length 0 and is read as such", async (t) => {
    const fixture = await make(t);
    await fixture.put("empty.bin", Buffer.alloc(0));
    const request = requestOf(fixture, "empty.bin");
    const stat = await fixture.source.stat(request, never);
    assert.deepEqual([stat.kind, stat.length], ["file", 0]);
    const into = openDestination(t, { length: 0 });
    assert.deepEqual(await fixture.source.read(readOf(request, stat, into), never), { length: 0 });
  });

  test("what is not there is NOT_FOUND with the origin's status, for stat and for read", async (t) => {
    const fixture = await make(t);
    await fixture.put("other.bin", Buffer.alloc(1));
    const request = requestOf(fixture, "absent.bin");
    const absent = { code: "NOT_FOUND", name: "NotFoundError" };
    await assert.rejects(fixture.source.stat(request, never), (error: P2pfsError) => {
      assert.deepEqual([error.code, error.name], [absent.code, absent.name]);
      assert.equal(error.origin?.statusCode, 404);
      return true;
    });
    const into = openDestination(t, { length: 10 });
    const read = { ...request, into, contentLength: 10, validator: { length: 10 }, ranges: true };
    await assert.rejects(fixture.source.read(read, never), absent);
    assert.equal(into.content().length, 0);
  });

  test("names of every kind are found, and read back by the URL that the listing gives", async (t) => {
    const fixture = await make(t);
    for (const name of NAMES) await fixture.put(`names/${name}`, Buffer.from(name));
    const entries = await listed(fixture.source, requestOf(fixture, "names/"));
    assert.deepEqual([...entries.keys()].sort(), NAMES.map((name) => `file ${name}`).sort());
    for (const [, entry] of entries) {
      const request = { ...requestOf(fixture, ""), url: entry.url };
      const stat = await fixture.source.stat(request, never);
      const into = openDestination(t, { length: stat.length });
      await fixture.source.read(readOf(request, stat, into), never);
      assert.equal(into.content().toString(), entry.name);
      assert.equal(
        (await fixture.source.stat(requestOf(fixture, `names/${entry.name}`), never)).length,
        stat.length,
      );
    }
  });
}

function readTests(make: MakeSource): void {
  const bytes = 3 * BLOCK_BYTES + 777;
  const content = randomContent(bytes, 11).read(0, bytes);

  for (const [what, offset, length] of [
    ["all of it", 0, bytes],
    ["blocks in the middle", BLOCK_BYTES, 2 * BLOCK_BYTES],
    ["the last block, which is short", 3 * BLOCK_BYTES, 777],
  ] as const) {
    test(`read brings ${what}: exactly these bytes, each block announced once and in order`, async (t) => {
      const fixture = await make(t);
      await fixture.put("f.bin", content);
      const request = requestOf(fixture, "f.bin");
      const stat = await fixture.source.stat(request, never);
      const into = openDestination(t, { offset, length, fileBytes: bytes });
      const result = await fixture.source.read(readOf(request, stat, into), never);
      assert.deepEqual(result, { length });
      const file = into.content();
      assert.equal(file.length, bytes);
      const expected = Buffer.alloc(bytes);
      content.copy(expected, offset, offset, offset + length);
      assert.ok(file.equals(expected), "nothing else was written");
      const blocks = [];
      for (let at = offset; at < offset + length; at += BLOCK_BYTES) {
        const block = content.subarray(at, Math.min(at + BLOCK_BYTES, offset + length));
        blocks.push({ block: at / BLOCK_BYTES, length: block.length, crc32: crc32(block) });
      }
      assert.deepEqual(into.blocks, blocks);
    });
  }

  test("reads side by side do not mix", async (t) => {
    const fixture = await make(t);
    await fixture.put("f.bin", content);
    const request = requestOf(fixture, "f.bin");
    const stat = await fixture.source.stat(request, never);
    const reads = Array.from({ length: 24 }, (_, index) => {
      const offset = (index % 3) * BLOCK_BYTES;
      return { offset, into: openDestination(t, { offset, length: BLOCK_BYTES, fileBytes: bytes }) };
    });
    await Promise.all(reads.map(({ into }) => fixture.source.read(readOf(request, stat, into), never)));
    for (const { offset, into } of reads) {
      const part = into.content().subarray(offset, offset + BLOCK_BYTES);
      assert.ok(part.equals(content.subarray(offset, offset + BLOCK_BYTES)));
    }
  });
}

function versionTests(make: MakeSource): void {
  for (const [what, next] of [
    ["of another length", Buffer.alloc(BLOCK_BYTES + 5, "n")],
    ["of the same length", Buffer.alloc(BLOCK_BYTES, "n")],
  ] as const) {
    test(`a content that was replaced by one ${what} is CHANGED, and not a byte of it is written`, async (t) => {
      const fixture = await make(t);
      await fixture.put("f.bin", Buffer.alloc(BLOCK_BYTES, "o"));
      const request = requestOf(fixture, "f.bin");
      const stat = await fixture.source.stat(request, never);
      await fixture.put("f.bin", next);
      const into = openDestination(t, { length: BLOCK_BYTES, fileBytes: BLOCK_BYTES });
      const changed = { code: "CHANGED", name: "ChangedError" };
      await assert.rejects(fixture.source.read(readOf(request, stat, into), never), changed);
      assert.ok(into.content().equals(Buffer.alloc(BLOCK_BYTES)));
      assert.deepEqual(into.blocks, []);
      const now = await fixture.source.stat(request, never);
      assert.notDeepEqual(now.validator, stat.validator);
      const fresh = openDestination(t, { length: now.length });
      await fixture.source.read(readOf(request, now, fresh), never);
      assert.ok(fresh.content().equals(next));
    });
  }

  test("a content that was removed is NOT_FOUND", async (t) => {
    const fixture = await make(t);
    await fixture.put("f.bin", Buffer.alloc(10));
    const request = requestOf(fixture, "f.bin");
    const stat = await fixture.source.stat(request, never);
    await fixture.remove("f.bin");
    const into = openDestination(t, { length: 10 });
    await assert.rejects(fixture.source.read(readOf(request, stat, into), never), { code: "NOT_FOUND" });
  });
}

function listTests(make: MakeSource, traits: SourceTraits): void {
  test("a listing has the files and folders of one level", async (t) => {
    const fixture = await make(t);
    await fixture.put("tree/one.bin", Buffer.alloc(1));
    await fixture.put("tree/two.bin", Buffer.alloc(20));
    await fixture.put("tree/sub/three.bin", Buffer.alloc(3));
    await fixture.put("treetop.bin", Buffer.alloc(4));
    for (const path of ["tree/", "tree"]) {
      const entries = await listed(fixture.source, requestOf(fixture, path));
      assert.deepEqual([...entries.keys()].sort(), ["directory sub", "file one.bin", "file two.bin"]);
      const lengths = traits.listsLengths === false ? [undefined, undefined] : [1, 20];
      assert.deepEqual([entries.get("file one.bin")?.length, entries.get("file two.bin")?.length], lengths);
      const sub = entries.get("directory sub");
      assert.deepEqual(
        [...(await listed(fixture.source, { ...requestOf(fixture, ""), url: sub?.url ?? "" })).keys()],
        ["file three.bin"],
      );
    }
  });

  test("a recursive listing has every file below, by its relative path", async (t) => {
    const fixture = await make(t);
    const paths = ["r/a.bin", "r/b c/d.bin", "r/b c/e/f.bin", "s.bin"];
    for (const path of paths) await fixture.put(path, Buffer.from(path));
    const entries = await listed(fixture.source, { ...requestOf(fixture, "r/"), recursive: true });
    const files = [...entries.values()].filter(({ kind }) => kind === "file");
    assert.deepEqual(files.map(({ name }) => name).sort(), ["a.bin", "b c/d.bin", "b c/e/f.bin"]);
    for (const { name, url } of files) {
      const stat = await fixture.source.stat({ ...requestOf(fixture, ""), url }, never);
      assert.equal(stat.length, `r/${name}`.length);
    }
  });

  test("a listing of many entries comes in pages, each entry once", async (t) => {
    const fixture = await make(t);
    const names = Array.from({ length: 1_234 }, (_, index) => `n${index}`);
    for (const name of names) await fixture.put(`many/${name}`, Buffer.from("x"));
    const entries = await listed(fixture.source, requestOf(fixture, "many/"));
    assert.deepEqual([...entries.values()].map(({ name }) => name).sort(), names.sort());
  });

  test("a listing of what is not there is NOT_FOUND", async (t) => {
    const fixture = await make(t);
    await fixture.put("f.bin", Buffer.alloc(1));
    await assert.rejects(listed(fixture.source, requestOf(fixture, "absent/")), { code: "NOT_FOUND" });
  });
}

function endTests(make: MakeSource): void {
  test("an operation whose signal has fired rejects with its reason and asks nothing", async (t) => {
    const fixture = await make(t);
    await fixture.put("f.bin", Buffer.alloc(10));
    const request = requestOf(fixture, "f.bin");
    const stat = await fixture.source.stat(request, never);
    const over = AbortSignal.abort();
    const cancelled = { code: "CANCELLED" };
    await assert.rejects(fixture.source.stat(request, over), cancelled);
    const into = openDestination(t, { length: 10 });
    await assert.rejects(fixture.source.read(readOf(request, stat, into), over), cancelled);
    const pages = fixture.source.list(requestOf(fixture, ""), over)[Symbol.asyncIterator]();
    await assert.rejects(pages.next(), cancelled);
    assert.equal(into.content().length, 0);
  });

  test("a read that is aborted under way rejects with the reason, and what was announced is right", async (t) => {
    const fixture = await make(t);
    const bytes = 32 * BLOCK_BYTES;
    const content = randomContent(bytes, 5).read(0, bytes);
    await fixture.put("f.bin", content);
    const request = requestOf(fixture, "f.bin");
    const stat = await fixture.source.stat(request, never);
    const controller = new AbortController();
    const plain = openDestination(t, { length: bytes });
    const into = {
      ...plain,
      onBlock: (block: number, length: number, crc: number) => {
        plain.onBlock(block, length, crc);
        if (block === 1) controller.abort();
      },
    };
    await assert.rejects(fixture.source.read(readOf(request, stat, into), controller.signal), {
      code: "CANCELLED",
    });
    assert.ok(plain.blocks.length >= 2 && plain.blocks.length < 32);
    const announced = plain.blocks.length * BLOCK_BYTES;
    assert.ok(plain.content().subarray(0, announced).equals(content.subarray(0, announced)));
  });

  test("a closed source rejects everything with CLOSED, and closes again without complaint", async (t) => {
    const fixture = await make(t);
    await fixture.put("f.bin", Buffer.alloc(10));
    const request = requestOf(fixture, "f.bin");
    const stat = await fixture.source.stat(request, never);
    await Promise.all([fixture.source.close(), fixture.source.close()]);
    await fixture.source.close();
    const closed = { code: "CLOSED" };
    await assert.rejects(fixture.source.stat(request, never), closed);
    const into = openDestination(t, { length: 10 });
    await assert.rejects(fixture.source.read(readOf(request, stat, into), never), closed);
    await assert.rejects(
      fixture.source.list(requestOf(fixture, ""), never)[Symbol.asyncIterator]().next(),
      closed,
    );
  });
}
