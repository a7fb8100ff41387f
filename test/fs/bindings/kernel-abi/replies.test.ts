/**
 * Replies, directory pages and notifications as the kernel would read them: by plain offsets of linux/fuse.h, from a
 * buffer that held something else before.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DirectoryPage, DT_DIR, DT_REG } from "../../../../fs/bindings/kernel-abi/directory-page.ts";
import { timestampOf } from "../../../../fs/bindings/kernel-abi/fields.ts";
import { INIT_FLAG, OPEN_FLAG } from "../../../../fs/bindings/kernel-abi/flags.ts";
import * as notifications from "../../../../fs/bindings/kernel-abi/notifications.ts";
import * as replies from "../../../../fs/bindings/kernel-abi/replies.ts";
import { type SeededRandom, seededRandom } from "../../../base/seeded-random.ts";

const FROM = 24;

/** A buffer full of leftovers, its view, and a check that only [from, from + bytes) was touched. */
function reused(size = 512) {
  const buffer = Buffer.alloc(size, 0xaa);
  const view = new DataView(buffer.buffer, buffer.byteOffset, size);
  const written = (bytes: number, from = FROM) => {
    assert.ok(buffer.subarray(0, from).every((byte) => byte === 0xaa));
    assert.ok(buffer.subarray(from + bytes).every((byte) => byte === 0xaa));
    return buffer.subarray(from, from + bytes);
  };
  return { buffer, view, written };
}

function randomAttributes(random: SeededRandom): replies.KernelAttributes {
  const large = () => random.below(2 ** 31) * random.below(2 ** 21);
  const time = () => ({ seconds: large() * random.pick([1, -1]), nanoseconds: random.below(1e9) });
  const word = () => random.below(2 ** 32);
  return {
    ino: large(),
    size: large(),
    blocks: large(),
    atime: time(),
    mtime: time(),
    ctime: time(),
    mode: word(),
    nlink: word(),
    uid: word(),
    gid: word(),
    rdev: word(),
    blksize: word(),
  };
}

function attributesAt(bytes: Buffer, from: number): replies.KernelAttributes & { flags: number } {
  const u64 = (at: number) => Number(bytes.readBigUInt64LE(from + at));
  const u32 = (at: number) => bytes.readUInt32LE(from + at);
  const time = (seconds: number, nanoseconds: number) => ({
    seconds: Number(bytes.readBigInt64LE(from + seconds)),
    nanoseconds: u32(nanoseconds),
  });
  return {
    ino: u64(0),
    size: u64(8),
    blocks: u64(16),
    atime: time(24, 48),
    mtime: time(32, 52),
    ctime: time(40, 56),
    mode: u32(60),
    nlink: u32(64),
    uid: u32(68),
    gid: u32(72),
    rdev: u32(76),
    blksize: u32(80),
    flags: u32(84),
  };
}

describe("replies", () => {
  test("a header holds the length of all, the error and the request's number", () => {
    const { buffer, view } = reused();
    const unique = (1n << 63n) | 77n;
    assert.equal(replies.writeReplyHeader(view, unique, -2, 100), 116);
    assert.equal(buffer.readUInt32LE(0), 116);
    assert.equal(buffer.readInt32LE(4), -2);
    assert.equal(buffer.readBigUInt64LE(8), unique);
    assert.throws(() => replies.writeReplyHeader(view, unique, 2, 0), "errors are negative");
  });

  test("entries and attributes come back as they were, random ones, and nothing is left of before", () => {
    const random = seededRandom("replies");
    for (let i = 0; i < 500; i++) {
      const attributes = randomAttributes(random);
      const { view, written } = reused();
      const nodeid = 1 + random.below(2 ** 31) * random.below(2 ** 21);
      const bytes = replies.writeEntry(view, FROM, {
        nodeid,
        generation: 3,
        entryValidMs: 1500,
        attrValidMs: 10_000,
        attributes,
      });
      const entry = written(bytes);
      assert.equal(bytes, 128);
      assert.equal(Number(entry.readBigUInt64LE(0)), nodeid);
      assert.equal(entry.readBigUInt64LE(8), 3n);
      assert.deepEqual([entry.readBigUInt64LE(16), entry.readUInt32LE(32)], [1n, 500_000_000]);
      assert.deepEqual([entry.readBigUInt64LE(24), entry.readUInt32LE(36)], [10n, 0]);
      assert.deepEqual(attributesAt(entry, 40), { ...attributes, flags: 0 });

      const other = reused();
      const length = replies.writeAttributesReply(other.view, FROM, attributes, 250);
      const reply = other.written(length);
      assert.equal(length, 104);
      assert.deepEqual([reply.readBigUInt64LE(0), reply.readUInt32LE(8)], [0n, 250_000_000]);
      assert.deepEqual(attributesAt(reply, 16), { ...attributes, flags: 0 });
    }
  });

  test("a name that is not there is an entry of node 0", () => {
    const { view, written } = reused();
    const entry = written(replies.writeNegativeEntry(view, FROM, 1000));
    assert.deepEqual([entry.length, entry.readBigUInt64LE(0), entry.readBigUInt64LE(16)], [128, 0n, 1n]);
    assert.ok(entry.subarray(24).every((byte) => byte === 0));
  });

  test("an open file carries its handle, its flags and its backing id", () => {
    const { view, written } = reused();
    const open = written(
      replies.writeOpen(view, FROM, { handle: 2 ** 40, flags: OPEN_FLAG.PASSTHROUGH, backingId: 9 }),
    );
    assert.deepEqual(
      [open.length, open.readBigUInt64LE(0), open.readUInt32LE(8), open.readInt32LE(12)],
      [16, 2n ** 40n, 128, 9],
    );
  });

  test("counts, offsets and lengths stand where they belong", () => {
    const small = (write: (view: DataView, from: number, value: number) => number, value: number) => {
      const { view, written } = reused();
      return written(write(view, FROM, value)).readBigUInt64LE(0);
    };
    assert.equal(small(replies.writeWritten, 2 ** 32 - 1), 2n ** 32n - 1n);
    assert.equal(small(replies.writeXattrLength, 300), 300n);
    assert.equal(small(replies.writeOffset, 2 ** 45), 2n ** 45n);
    assert.equal(small(replies.writeCopied, 2 ** 45), 2n ** 45n);
  });

  test("figures of the filesystem fill all of their struct", () => {
    const { view, written } = reused();
    const statfs = written(
      replies.writeStatfs(view, FROM, {
        blocks: 2 ** 40,
        blocksFree: 5,
        blocksAvailable: 4,
        files: 3,
        filesFree: 2,
        blockBytes: 4096,
        nameBytesMax: 1024,
      }),
    );
    assert.equal(statfs.length, 80);
    const words = [0, 8, 16, 24, 32].map((at) => statfs.readBigUInt64LE(at));
    assert.deepEqual(words, [2n ** 40n, 5n, 4n, 3n, 2n]);
    assert.deepEqual(
      [40, 44, 48].map((at) => statfs.readUInt32LE(at)),
      [4096, 1024, 4096],
    );
    assert.ok(statfs.subarray(52).every((byte) => byte === 0));
  });

  test("the answer to INIT holds both words of its flags", () => {
    const { view, written } = reused();
    const init = written(
      replies.writeInit(view, FROM, {
        minor: 45,
        maxReadaheadBytes: 1 << 20,
        flags: INIT_FLAG.INIT_EXT | INIT_FLAG.PASSTHROUGH | INIT_FLAG.ASYNC_READ,
        maxBackground: 64,
        congestionThreshold: 48,
        maxWriteBytes: 1 << 20,
        timeGranularityNs: 1,
        maxPages: 256,
        maxStackDepth: 2,
        requestTimeoutS: 300,
      }),
    );
    assert.equal(init.length, 64);
    assert.deepEqual(
      [0, 4, 8, 12].map((at) => init.readUInt32LE(at)),
      [7, 45, 1 << 20, (1 << 30) | 1],
    );
    assert.deepEqual(
      [16, 18, 28, 30].map((at) => init.readUInt16LE(at)),
      [64, 48, 256, 0],
    );
    assert.deepEqual(
      [20, 24, 32, 36].map((at) => init.readUInt32LE(at)),
      [1 << 20, 1, 1 << 5, 2],
    );
    assert.equal(init.readUInt16LE(40), 300);
    assert.ok(init.subarray(42).every((byte) => byte === 0));
  });

  test("a time in milliseconds keeps what milliseconds can tell, before 1970 too", () => {
    assert.deepEqual(timestampOf(1500.25), { seconds: 1, nanoseconds: 500_250_000 });
    assert.deepEqual(timestampOf(-1), { seconds: -1, nanoseconds: 999_000_000 });
    assert.deepEqual(timestampOf(0.9999999999), { seconds: 0, nanoseconds: 1_000_000 });
    assert.deepEqual(timestampOf(999.9999999999), { seconds: 0, nanoseconds: 999_999_999 });
  });
});

interface ParsedRecord {
  readonly ino: bigint;
  readonly nextOffset: bigint;
  readonly type: number;
  readonly name: string;
  readonly nodeid?: bigint;
}

/** As fuse_parse_dirfile and fuse_direntplus_link walk them. */
function parseRecords(page: Buffer, plus: boolean): ParsedRecord[] {
  const records: ParsedRecord[] = [];
  for (let at = 0; at < page.length; ) {
    const dirent = plus ? at + 128 : at;
    const length = page.readUInt32LE(dirent + 16);
    records.push({
      ino: page.readBigUInt64LE(dirent),
      nextOffset: page.readBigUInt64LE(dirent + 8),
      type: page.readUInt32LE(dirent + 20),
      name: page.toString("utf8", dirent + 24, dirent + 24 + length),
      ...(plus && { nodeid: page.readBigUInt64LE(at) }),
    });
    at = dirent + Math.ceil((24 + length) / 8) * 8;
    assert.ok(at <= page.length, "the last record is whole");
  }
  return records;
}

describe("a directory page", () => {
  test("holds as many whole records as fit, random names, and never a byte more", () => {
    const random = seededRandom("directory page");
    for (let round = 0; round < 200; round++) {
      const { buffer, view, written } = reused(8192);
      assert.ok(view);
      const room = random.below(4096);
      const page = new DirectoryPage(buffer, FROM, room);
      const added: ParsedRecord[] = [];
      for (let i = 0; i < 100; i++) {
        const name = `${i}-${"ö".repeat(random.below(40))}${"x".repeat(random.below(9))}`;
        const record = { ino: i + 2, name, type: random.pick([DT_DIR, DT_REG]), nextOffset: i + 1 };
        const before = page.bytes;
        if (page.add(record)) {
          added.push({ ino: BigInt(i + 2), nextOffset: BigInt(i + 1), type: record.type, name });
        } else {
          assert.equal(page.bytes, before);
          assert.ok(before + 24 + Buffer.byteLength(name) + 7 > room - 8, "there was no room for it");
          break;
        }
      }
      assert.ok(page.bytes <= room);
      assert.deepEqual(parseRecords(Buffer.from(written(page.bytes)), false), added);
    }
  });

  test("with nodes: each record begins with its entry, and one without is left to be looked up", () => {
    const { buffer, written } = reused(4096);
    const random = seededRandom("directory page with nodes");
    const page = new DirectoryPage(buffer, FROM, 4000);
    const attributes = randomAttributes(random);
    const entry = { nodeid: 77, generation: 1, entryValidMs: 1000, attrValidMs: 1000, attributes };
    assert.ok(page.addPlus({ ino: 1, name: ".", type: DT_DIR, nextOffset: 1 }, undefined));
    assert.ok(page.addPlus({ ino: 9, name: "file", type: DT_REG, nextOffset: 2 }, entry));
    const bytes = written(page.bytes);
    assert.deepEqual(parseRecords(bytes, true), [
      { ino: 1n, nextOffset: 1n, type: DT_DIR, name: ".", nodeid: 0n },
      { ino: 9n, nextOffset: 2n, type: DT_REG, name: "file", nodeid: 77n },
    ]);
    assert.ok(bytes.subarray(0, 128).every((byte) => byte === 0));
    assert.deepEqual(attributesAt(bytes, 160 + 40), { ...attributes, flags: 0 });
  });
});

describe("notifications", () => {
  const words = (bytes: Uint8Array, count: number) =>
    Array.from({ length: count }, (_, i) => Buffer.from(bytes).readBigInt64LE(8 * i));

  test("invalidate pages and attributes of a node", () => {
    assert.deepEqual(words(notifications.invalidateInode(2 ** 40, 4096, 8192), 3), [2n ** 40n, 4096n, 8192n]);
    assert.deepEqual(words(notifications.invalidateInode(5, -1, 0), 3), [5n, -1n, 0n]);
  });

  test("invalidate and delete names, whose length does not count their NUL", () => {
    const entry = Buffer.from(notifications.invalidateEntry(7, "näme", 1));
    assert.equal(entry.length, 16 + 5 + 1);
    assert.deepEqual([entry.readBigUInt64LE(0), entry.readUInt32LE(8), entry.readUInt32LE(12)], [7n, 5, 1]);
    assert.equal(entry.toString("utf8", 16), "näme\0");
    const gone = Buffer.from(notifications.deleteEntry(7, 8, "a"));
    assert.deepEqual([gone.readBigUInt64LE(0), gone.readBigUInt64LE(8), gone.readUInt32LE(16)], [7n, 8n, 1]);
    assert.equal(gone.toString("utf8", 24), "a\0");
  });

  test("prune nodes", () => {
    const body = Buffer.from(notifications.prune([5, 6]));
    assert.equal(body.readUInt32LE(0), 2);
    assert.deepEqual([body.readBigUInt64LE(16), body.readBigUInt64LE(24), body.length], [5n, 6n, 32]);
  });
});
