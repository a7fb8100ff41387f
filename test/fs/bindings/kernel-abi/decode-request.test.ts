/**
 * Requests as a kernel packs them, decoded: one literal message for each operation, then random ones, then broken
 * ones. The messages are packed field by field here, without the decoders' own tables.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { P2pfsError } from "../../../../base/errors.ts";
import { decodeRequest } from "../../../../fs/bindings/kernel-abi/decode-request.ts";
import { MessageReader } from "../../../../fs/bindings/kernel-abi/fields.ts";
import { OPCODE } from "../../../../fs/bindings/kernel-abi/opcodes.ts";
import type { Operation } from "../../../../fs/bindings/kernel-abi/requests.ts";
import { seededRandom } from "../../../base/seeded-random.ts";
import { message, type Part, pack } from "../../../native/kernel-messages.ts";

const u32 = (value: number): Part => ({ u32: value });
const u64 = (value: bigint | number): Part => ({ u64: BigInt(value) });
const text = (value: string): Part => ({ text: value });

const HEADER = { unique: (1n << 63n) | 12n, nodeid: 7n, uid: 1000, gid: 100, pid: 4242 };

function decode(bytes: Uint8Array) {
  const reader = new MessageReader(bytes);
  reader.turnTo(0, bytes.length);
  return decodeRequest(reader);
}

function decodePacked(opcode: keyof typeof OPCODE, ...parts: Part[]) {
  return decode(message({ ...HEADER, opcode: OPCODE[opcode] }, pack(...parts)));
}

const RANGE = [u64(3), u64(4096), u32(131072), u32(2), u64(99), u32(0o100000), u32(0)];
const RANGE_DECODED = { handle: 3, offset: 4096, size: 131072, flags: 0o100000 };
const LOCK = [u64(3), u64(9), u64(0), u64(2n ** 63n - 1n), u32(1), u32(77), u32(1), u32(0)];
const LOCK_DECODED = {
  handle: 3,
  owner: 9n,
  lock: { start: 0n, end: 2n ** 63n - 1n, type: 1, pid: 77 },
  flags: 1,
};
const COPY = [u64(3), u64(10), u64(8), u64(4), u64(20), u64(2n ** 64n - 1n), u64(0)];
const COPY_DECODED = {
  op: "copyFileRange",
  handle: 3,
  offset: 10,
  toNodeid: 8,
  toHandle: 4,
  toOffset: 20,
  length: 2n ** 64n - 1n,
  flags: 0n,
} as const;

/** Every operation once: opcode, its body, and what it means. */
const CASES: readonly [keyof typeof OPCODE, Part[], Operation][] = [
  ["LOOKUP", [text("Grüße 🙂")], { op: "lookup", name: "Grüße 🙂" }],
  ["FORGET", [u64(3)], { op: "forget", forgets: [{ nodeid: 7, lookups: 3 }] }],
  [
    "BATCH_FORGET",
    [u32(2), u32(0), u64(5), u64(1), u64(6), u64(2)],
    {
      op: "forget",
      forgets: [
        { nodeid: 5, lookups: 1 },
        { nodeid: 6, lookups: 2 },
      ],
    },
  ],
  ["GETATTR", [u32(0), u32(0), u64(3)], { op: "getattr", handle: undefined }],
  ["GETATTR", [u32(1), u32(0), u64(3)], { op: "getattr", handle: 3 }],
  [
    "STATX",
    [u32(1), u32(0), u64(3), u32(0x100), u32(0x7ff)],
    { op: "statx", handle: 3, flags: 0x100, mask: 0x7ff },
  ],
  ["READLINK", [], { op: "readlink" }],
  ["SYMLINK", [text("name"), text("../target")], { op: "symlink", name: "name", target: "../target" }],
  [
    "MKNOD",
    [u32(0o100644), u32(0), u32(0o22), u32(0), text("n")],
    { op: "mknod", name: "n", mode: 0o100644, device: 0, umask: 0o22 },
  ],
  ["MKDIR", [u32(0o755), u32(0o22), text("d")], { op: "mkdir", name: "d", mode: 0o755, umask: 0o22 }],
  ["UNLINK", [text("a")], { op: "unlink", name: "a" }],
  ["RMDIR", [text("a")], { op: "rmdir", name: "a" }],
  ["RENAME", [u64(8), text("a"), text("b")], { op: "rename", name: "a", toName: "b", toParent: 8, flags: 0 }],
  [
    "RENAME2",
    [u64(8), u32(2), u32(0), text("a"), text("b")],
    { op: "rename", name: "a", toName: "b", toParent: 8, flags: 2 },
  ],
  ["LINK", [u64(9), text("hard")], { op: "link", nodeid: 9, name: "hard" }],
  ["OPEN", [u32(0o100002), u32(0)], { op: "open", flags: 0o100002 }],
  ["OPENDIR", [u32(0o200000), u32(0)], { op: "opendir", flags: 0o200000 }],
  ["READ", RANGE, { op: "read", ...RANGE_DECODED }],
  ["READDIR", RANGE, { op: "readdir", ...RANGE_DECODED }],
  ["READDIRPLUS", RANGE, { op: "readdirplus", ...RANGE_DECODED }],
  [
    "WRITE",
    [u64(3), u64(8192), u32(5), u32(1 | 4), u64(0), u32(1), u32(0), { bytes: Buffer.from("hello") }],
    {
      op: "write",
      handle: 3,
      offset: 8192,
      bytes: Buffer.from("hello"),
      flags: 1,
      fromCache: true,
      killSuidgid: true,
    },
  ],
  ["STATFS", [], { op: "statfs" }],
  ["RELEASE", [u64(3), u32(2), u32(1), u64(5n)], { op: "release", handle: 3, flags: 2, lockOwner: 5n }],
  ["RELEASEDIR", [u64(3), u32(0), u32(0), u64(0)], { op: "releasedir", handle: 3 }],
  ["FSYNC", [u64(3), u32(1), u32(0)], { op: "fsync", handle: 3, dataOnly: true }],
  ["FSYNCDIR", [u64(3), u32(0), u32(0)], { op: "fsyncdir", handle: 3, dataOnly: false }],
  [
    "FLUSH",
    [u64(3), u32(0), u32(0), u64(2n ** 64n - 1n)],
    { op: "flush", handle: 3, lockOwner: 2n ** 64n - 1n },
  ],
  [
    "SETXATTR",
    [u32(3), u32(1), text("user.x"), { bytes: Buffer.from([0, 1, 2]) }],
    { op: "setxattr", name: "user.x", value: Buffer.from([0, 1, 2]), flags: 1 },
  ],
  ["GETXATTR", [u32(256), u32(0), text("user.p2p.url")], { op: "getxattr", name: "user.p2p.url", size: 256 }],
  ["LISTXATTR", [u32(0), u32(0)], { op: "listxattr", size: 0 }],
  ["REMOVEXATTR", [text("user.x")], { op: "removexattr", name: "user.x" }],
  [
    "INIT",
    [u32(7), u32(45), u32(131072), u32(0x73fffffb), u32(0x3ff), { bytes: Buffer.alloc(44) }],
    { op: "init", offer: { major: 7, minor: 45, maxReadaheadBytes: 131072, flags: 0x3ff_73ff_fffbn } },
  ],
  [
    "INIT",
    [u32(7), u32(31), u32(131072), u32(0xffffffff)],
    { op: "init", offer: { major: 7, minor: 31, maxReadaheadBytes: 131072, flags: 0xffff_ffffn } },
  ],
  ["GETLK", LOCK, { op: "getlk", ...LOCK_DECODED }],
  ["SETLK", LOCK, { op: "setlk", ...LOCK_DECODED }],
  ["SETLKW", LOCK, { op: "setlkw", ...LOCK_DECODED }],
  ["ACCESS", [u32(4), u32(0)], { op: "access", mask: 4 }],
  [
    "CREATE",
    [u32(0o101), u32(0o100600), u32(0o77), u32(0), text("new")],
    { op: "create", name: "new", flags: 0o101, mode: 0o100600, umask: 0o77 },
  ],
  [
    "TMPFILE",
    [u32(0o20200002), u32(0o100600), u32(0o77), u32(0), text("/")],
    { op: "tmpfile", name: "/", flags: 0o20200002, mode: 0o100600, umask: 0o77 },
  ],
  ["INTERRUPT", [u64(2n ** 63n + 6n)], { op: "interrupt", target: 2n ** 63n + 6n }],
  ["BMAP", [u64(5), u32(512), u32(0)], { op: "bmap", block: 5, blockBytes: 512 }],
  ["DESTROY", [], { op: "destroy" }],
  [
    "IOCTL",
    [u64(3), u32(0), u32(0x5401), u64(2n ** 64n - 1n), u32(8), u32(16)],
    { op: "ioctl", handle: 3, flags: 0, command: 0x5401, inBytes: 8, outBytes: 16 },
  ],
  ["POLL", [u64(3), u64(4), u32(1), u32(5)], { op: "poll", handle: 3, events: 5 }],
  [
    "FALLOCATE",
    [u64(3), u64(4096), u64(8192), u32(3), u32(0)],
    { op: "fallocate", handle: 3, offset: 4096, length: 8192, mode: 3 },
  ],
  ["LSEEK", [u64(3), u64(4096), u32(4), u32(0)], { op: "lseek", handle: 3, offset: 4096, whence: 4 }],
  ["COPY_FILE_RANGE", COPY, COPY_DECODED],
  ["COPY_FILE_RANGE_64", COPY, COPY_DECODED],
  ["SYNCFS", [u64(0)], { op: "syncfs" }],
  ["SETUPMAPPING", [u64(0), u64(0), u64(0), u64(0), u64(0)], { op: "other" }],
  ["NOTIFY_REPLY", [u64(0)], { op: "other" }],
];

describe("decodeRequest", () => {
  for (const [opcode, parts, expected] of CASES) {
    test(`reads ${opcode} (${expected.op})`, () => {
      const { header, ...operation } = decodePacked(opcode, ...parts);
      assert.deepEqual(operation, expected);
      assert.deepEqual(header, {
        opcode: OPCODE[opcode],
        unique: HEADER.unique,
        nodeid: 7,
        uid: 1000,
        gid: 100,
        pid: 4242,
      });
    });
  }

  test("knows every operation of the table", () => {
    const tried = new Set<string>(CASES.map(([opcode]) => opcode));
    for (const name of Object.keys(OPCODE))
      if (!/MAPPING|SETATTR/.test(name)) assert.ok(tried.has(name), name);
  });

  test("reads of SETATTR what its flags name, and nothing else", () => {
    const fields = [u64(3), u64(100), u64(0), u64(11), { i64: -2n }, u64(33)] as const;
    const rest = [u32(1), u32(2), u32(3), u32(0o644), u32(0), u32(5), u32(6), u32(0)] as const;
    const setattr = (valid: number) => {
      const { header: _, op, ...change } = decodePacked("SETATTR", u32(valid), u32(0), ...fields, ...rest);
      assert.equal(op, "setattr");
      return change;
    };
    assert.deepEqual(setattr(0), { killSuidgid: false });
    assert.deepEqual(setattr(1 << 0), { mode: 0o644, killSuidgid: false });
    assert.deepEqual(setattr((1 << 1) | (1 << 2)), { uid: 5, gid: 6, killSuidgid: false });
    assert.deepEqual(setattr((1 << 3) | (1 << 6)), { size: 100, handle: 3, killSuidgid: false });
    assert.deepEqual(setattr((1 << 4) | (1 << 5)), {
      atime: { seconds: 11, nanoseconds: 1 },
      mtime: { seconds: -2, nanoseconds: 2 },
      killSuidgid: false,
    });
    assert.deepEqual(setattr((1 << 4) | (1 << 7) | (1 << 5) | (1 << 8)), {
      atime: "now",
      mtime: "now",
      killSuidgid: false,
    });
    assert.deepEqual(setattr((1 << 10) | (1 << 11)), {
      ctime: { seconds: 33, nanoseconds: 3 },
      killSuidgid: true,
    });
  });

  test("random whole messages come back as they were packed", () => {
    const random = seededRandom("decode round trip");
    const number = () => BigInt(random.below(2 ** 31)) * BigInt(random.below(2 ** 21));
    for (let i = 0; i < 2000; i++) {
      const [fh, offset, target] = [number(), number(), number()];
      const size = random.below(2 ** 32);
      const read = decodePacked("READ", u64(fh), u64(offset), u32(size), u32(0), u64(0), u32(7), u32(0));
      assert.deepEqual(
        { ...read, header: undefined },
        {
          op: "read",
          handle: Number(fh),
          offset: Number(offset),
          size,
          flags: 7,
          header: undefined,
        },
      );
      const name = `${random.below(2 ** 32).toString(36)}ä`.repeat(1 + random.below(20));
      const other = `${random.below(2 ** 32).toString(36)}`;
      const rename = decodePacked("RENAME2", u64(target), u32(1), u32(0), text(name), text(other));
      assert.deepEqual(
        { ...rename, header: undefined },
        { op: "rename", name, toName: other, toParent: Number(target), flags: 1, header: undefined },
      );
    }
  });
});

describe("messages that are none", () => {
  const refused = (bytes: Uint8Array, code: string) =>
    assert.throws(
      () => decode(bytes),
      (error: unknown) => error instanceof P2pfsError && error.code === code,
    );
  const packed = (opcode: keyof typeof OPCODE, ...parts: Part[]) =>
    message({ ...HEADER, opcode: OPCODE[opcode] }, pack(...parts));

  test("a length that is not the message's own is refused", () => {
    refused(message({ ...HEADER, opcode: 1, length: 41 }), "INVALID_ARGUMENT");
    refused(new Uint8Array(39), "INVALID_ARGUMENT");
  });

  test("names that are no names are refused, and a name that is not UTF-8 is nobody's", () => {
    for (const name of ["", "a/b", "/"]) refused(packed("LOOKUP", text(name)), "INVALID_ARGUMENT");
    refused(packed("LOOKUP", { bytes: Buffer.from("unended") }), "INVALID_ARGUMENT");
    refused(packed("LOOKUP", { bytes: Buffer.from([0x66, 0xff, 0]) }), "NOT_FOUND");
    refused(packed("RENAME", u64(1), text("only one")), "INVALID_ARGUMENT");
    const { op } = decode(packed("LOOKUP", text("real \uFFFD")));
    assert.equal(op, "lookup", "a replacement character that was written is one");
  });

  test("numbers that JavaScript cannot hold are refused, not rounded", () => {
    const [, ...rest] = RANGE;
    refused(packed("READ", u64(2n ** 53n), ...rest), "INVALID_ARGUMENT");
    refused(packed("LSEEK", u64(1), u64(2n ** 64n - 1n), u32(0), u32(0)), "INVALID_ARGUMENT");
    refused(message({ opcode: 1, unique: 1n, nodeid: 2n ** 60n }, pack(text("a"))), "INVALID_ARGUMENT");
  });

  test("counts and sizes beyond the message are refused", () => {
    refused(packed("BATCH_FORGET", u32(2 ** 32 - 1), u32(0), u64(1), u64(1)), "INVALID_ARGUMENT");
    const short = { bytes: Buffer.from("abc") };
    refused(
      packed("WRITE", u64(3), u64(0), u32(4), u32(0), u64(0), u32(0), u32(0), short),
      "INVALID_ARGUMENT",
    );
    refused(packed("SETXATTR", u32(9), u32(0), text("user.x"), short), "INVALID_ARGUMENT");
  });

  test("every message cut anywhere is decoded or refused, and so is every changed one", () => {
    const random = seededRandom("decode fuzz");
    let refusals = 0;
    const attempt = (bytes: Buffer) => {
      try {
        decode(bytes);
      } catch (error) {
        refusals++;
        if (!(error instanceof P2pfsError)) throw error;
      }
    };
    for (const [opcode, parts] of CASES) {
      const whole = packed(opcode, ...parts);
      for (let length = 0; length <= whole.length; length++) {
        const cut = Buffer.from(whole.subarray(0, length));
        if (length >= 4) cut.writeUInt32LE(length);
        attempt(cut);
      }
      for (let i = 0; i < 300; i++) {
        const changed = Buffer.from(whole);
        for (let change = 0; change <= random.below(4); change++) {
          changed[4 + random.below(changed.length - 4)] = random.below(256);
        }
        attempt(changed);
      }
    }
    for (let i = 0; i < 5000; i++) {
      const bytes = Buffer.from(random.bytes(4 + random.below(160)));
      bytes.writeUInt32LE(bytes.length);
      if (bytes.length >= 8) bytes.writeUInt32LE(random.below(60), 4);
      attempt(bytes);
    }
    assert.ok(refusals > 1000);
  });

  test("text never runs on into the next message", () => {
    const first = message({ ...HEADER, opcode: OPCODE.LOOKUP }, Buffer.from("abcdefgh"));
    const both = Buffer.concat([first, packed("LOOKUP", text("next"))]);
    const reader = new MessageReader(both);
    reader.turnTo(0, first.length);
    assert.throws(() => decodeRequest(reader), { code: "INVALID_ARGUMENT" });
    assert.throws(() => reader.turnTo(0, both.length + 1), { code: "INVALID_ARGUMENT" });
    reader.turnTo(first.length, both.length);
    assert.equal(decodeRequest(reader).op, "lookup");
  });
});
