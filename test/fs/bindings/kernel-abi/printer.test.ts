/** One line for each request and reply, as somebody who debugs the channel reads them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { flagNames, INIT_FLAG, OPEN_FLAG } from "../../../../fs/bindings/kernel-abi/flags.ts";
import { OPCODE, opcodeName, wantsReply } from "../../../../fs/bindings/kernel-abi/opcodes.ts";
import { printReply, printRequest } from "../../../../fs/bindings/kernel-abi/printer.ts";
import * as replies from "../../../../fs/bindings/kernel-abi/replies.ts";

const header = (opcode: number) => ({ opcode, unique: 12n, nodeid: 7, uid: 1000, gid: 100, pid: 33 });

test("a request's line names what is asked, of what, and by whom", () => {
  assert.equal(
    printRequest({ header: header(OPCODE.LOOKUP), op: "lookup", name: 'say "a"' }),
    'LOOKUP #12 node 7 uid 1000 pid 33: name "say \\"a\\""',
  );
  assert.equal(
    printRequest({ header: { ...header(OPCODE.STATFS), unique: (1n << 63n) | 5n }, op: "statfs" }),
    "STATFS #5 (again) node 7 uid 1000 pid 33",
  );
  assert.equal(
    printRequest({ header: header(OPCODE.OPEN), op: "open", flags: 0o100002 }),
    "OPEN #12 node 7 uid 1000 pid 33: flags 0100002",
  );
  assert.equal(printRequest({ header: header(99), op: "other" }), "99 #12 node 7 uid 1000 pid 33");
});

test("a line never holds the bytes of a file or an attribute", () => {
  const value = Buffer.from("secret");
  const line = printRequest({
    header: header(OPCODE.SETXATTR),
    op: "setxattr",
    name: "user.x",
    value,
    flags: 0,
  });
  assert.equal(line, 'SETXATTR #12 node 7 uid 1000 pid 33: name "user.x" value of 6 bytes flags 00');
});

test("INIT's line names the flags on offer", () => {
  const flags = INIT_FLAG.ASYNC_READ | INIT_FLAG.PASSTHROUGH | (1n << 60n);
  const offer = { major: 7, minor: 45, maxReadaheadBytes: 131072, flags };
  const line = printRequest({ header: header(OPCODE.INIT), op: "init", offer });
  assert.match(line, /"minor":45.*"flags":"ASYNC_READ\|PASSTHROUGH\|bit 60"/);
});

test("a reply's line tells the error, or how much there is and the number that matters", () => {
  const buffer = new Uint8Array(300);
  const view = new DataView(buffer.buffer);
  const reply = (opcode: number, error: number, write: () => number) => {
    const length = replies.writeReplyHeader(view, 12n, error, write());
    return printReply(header(opcode), buffer.subarray(0, length));
  };
  assert.equal(
    reply(OPCODE.LOOKUP, -2, () => 0),
    "LOOKUP #12 -> -2",
  );
  assert.equal(
    reply(OPCODE.LOOKUP, 0, () => replies.writeNegativeEntry(view, 16, 0)),
    "LOOKUP #12 -> 0, 128 bytes: node 0",
  );
  const opened = { handle: 5, flags: OPEN_FLAG.KEEP_CACHE | OPEN_FLAG.NOFLUSH, backingId: 0 };
  assert.equal(
    reply(OPCODE.OPEN, 0, () => replies.writeOpen(view, 16, opened)),
    "OPEN #12 -> 0, 16 bytes: handle 5 KEEP_CACHE|NOFLUSH",
  );
  assert.equal(
    reply(OPCODE.READ, 0, () => 100),
    "READ #12 -> 0, 100 bytes",
  );
});

test("opcodes have names, and four of them no answer", () => {
  assert.equal(opcodeName(44), "READDIRPLUS");
  assert.equal(opcodeName(4096), "4096");
  const silent = Object.entries(OPCODE).filter(([, opcode]) => !wantsReply(opcode));
  assert.deepEqual(
    silent.map(([name]) => name),
    ["FORGET", "INTERRUPT", "NOTIFY_REPLY", "BATCH_FORGET"],
  );
  assert.deepEqual(flagNames(0, OPEN_FLAG), []);
});
