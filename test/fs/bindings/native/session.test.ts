/**
 * A session of the native binding with a pretend kernel at the other end of its channel, over an in-memory source: what
 * each request is answered with, interruptions, clients that are gone, and messages that are none. No rights needed.
 */
import assert from "node:assert/strict";
import { constants } from "node:os";
import { describe, test } from "node:test";
import { INIT_FLAG } from "../../../../fs/bindings/kernel-abi/flags.ts";
import type { OPCODE } from "../../../../fs/bindings/kernel-abi/opcodes.ts";
import { bytesContent, patternBytes, patternContent } from "../../../../fs/memory-file.ts";
import { eventually } from "../../../mount/programs.ts";
import { addonMissing } from "../../../native/built-addon.ts";
import type { Part } from "../../../native/kernel-messages.ts";
import { stormOver } from "../../../native/storm-case.ts";
import { Talk, text, u32, u64 } from "./talk.ts";

const { errno } = constants;
const MIB = 1 << 20;

describe("a session of the native binding", { skip: addonMissing }, () => {
  test("agrees with the kernel on what both have", async (t) => {
    const talk = await Talk.open(t);
    const { error, body } = await talk.init(INIT_FLAG.INIT_EXT | INIT_FLAG.PASSTHROUGH | INIT_FLAG.MAX_PAGES);
    assert.equal(error, 0);
    assert.deepEqual([body.readUInt32LE(0), body.readUInt32LE(4)], [7, 45]);
    await talk.session.began;
    assert.equal(talk.session.passthroughRefusal, undefined);
  });

  test("refuses a kernel that is too old, by its version", async (t) => {
    const talk = await Talk.open(t);
    const { error } = await talk.init(0n, 22);
    assert.equal(error, -errno.EPROTO);
    await assert.rejects(talk.session.began, { code: "NOT_SUPPORTED", message: /FUSE 7\.22/ });
  });

  test("walks, stats, opens, reads and closes", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    talk.source.addFile("d/f", patternContent(3 * MIB, 7), { modifiedAtMs: 1_600_000_000_123 });
    const directory = await talk.lookup(1n, "d");
    const file = await talk.lookup(directory, "f");
    const stat = await talk.ask("GETATTR", file, u32(0), u32(0), u64(0));
    assert.equal(stat.body.readBigUInt64LE(0), 1n, "valid for 1.5 s");
    assert.equal(stat.body.readUInt32LE(8), 500_000_000);
    assert.equal(stat.body.readBigUInt64LE(16 + 8), BigInt(3 * MIB));
    assert.equal(stat.body.readBigUInt64LE(16 + 32), 1_600_000_000n);
    assert.equal(stat.body.readUInt32LE(16 + 52), 123_000_000);
    assert.deepEqual([stat.body.readUInt32LE(16 + 68), stat.body.readUInt32LE(16 + 72)], [1000, 100]);
    const { handle, flags } = await talk.open(file);
    assert.equal(flags, 1 << 5, "NOFLUSH alone: nothing of it is cached yet");
    const missing = await talk.read(file, handle, MIB - 10, 20);
    assert.deepEqual(missing.body, Buffer.from(patternBytes(7, MIB - 10, 20)));
    const present = await talk.read(file, handle, 100, 50);
    assert.deepEqual(present.body, Buffer.from(patternBytes(7, 100, 50)));
    const behind = await talk.read(file, handle, 4 * MIB, 10);
    assert.deepEqual([behind.error, behind.body.length], [0, 0]);
    // Threads count what they have sent.
    await eventually("the reads are counted", async () => {
      const counters = talk.session.counters();
      return counters?.workerReads === 1 && counters.nativeReads === 2;
    });
    assert.equal((await talk.release(file, handle)).error, 0);
    assert.equal((await talk.read(file, handle, 0, 10)).error, -errno.EBADF);
    assert.equal(talk.filesystem.handleCount, 0);
    const again = await talk.open(file);
    assert.equal(again.flags, (1 << 5) | (1 << 1), "KEEP_CACHE: the same bytes");
  });

  test("absent names are ENOENT, or believed to be absent for a while", async (t) => {
    const at = await Talk.open(t);
    await at.init(0n);
    assert.equal((await at.ask("LOOKUP", 1n, text("none"))).error, -errno.ENOENT);
    const later = await Talk.open(t, { absentMs: 2000 });
    await later.init(0n);
    const { error, body } = await later.ask("LOOKUP", 1n, text("none"));
    assert.deepEqual([error, body.readBigUInt64LE(0), body.readBigUInt64LE(16)], [0, 0n, 2n]);
    later.source.setFault("lookup", "broken", async () => {
      throw Object.assign(new RangeError("ECONNREFUSED"), { code: "ECONNREFUSED" });
    });
    assert.equal((await later.ask("LOOKUP", 1n, text("broken"))).error, -errno.EIO);
  });

  test("lists with and without nodes, and continues where the kernel says", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    for (let i = 0; i < 30; i++) talk.source.addFile(`d/file-${i}`, patternContent(i, 1));
    const directory = await talk.lookup(1n, "d");
    const opened = await talk.ask("OPENDIR", directory, u32(0), u32(0));
    const handle = opened.body.readBigUInt64LE(0);
    for (const opcode of ["READDIR", "READDIRPLUS"] as const) {
      const names: string[] = [];
      for (let offset = 0n, pages = 0; ; pages++) {
        assert.ok(pages < 60, "it ends");
        const parts = [u64(handle), u64(offset), u32(600), u32(0), u64(0), u32(0), u32(0)];
        const { error, body } = await talk.ask(opcode, directory, ...parts);
        assert.equal(error, 0);
        assert.ok(body.length <= 600);
        if (body.length === 0) break;
        for (let at = 0; at < body.length; ) {
          const dirent = opcode === "READDIR" ? at : at + 128;
          const length = body.readUInt32LE(dirent + 16);
          const name = body.toString("utf8", dirent + 24, dirent + 24 + length);
          if (opcode === "READDIRPLUS") {
            const size = Number(body.readBigUInt64LE(at + 48));
            if (name.startsWith("file-")) assert.equal(size, Number(name.slice(5)), name);
            else assert.equal(body.readBigUInt64LE(at), 0n, "dots have no node of their own here");
          }
          names.push(name);
          offset = body.readBigUInt64LE(dirent + 8);
          at = dirent + Math.ceil((24 + length) / 8) * 8;
        }
      }
      const expected = [".", "..", ...Array.from({ length: 30 }, (_, i) => `file-${i}`)];
      assert.deepEqual(names.sort(), expected.sort(), opcode);
    }
    assert.equal((await talk.ask("RELEASEDIR", directory, u64(handle), u32(0), u32(0), u64(0))).error, 0);
  });

  test("extended attributes: ours, their names, buffers too small; others are answered below", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    talk.source.addFile("f", bytesContent("x"), { xattrs: { "user.p2p.url": "http://h/" } });
    const file = await talk.lookup(1n, "f");
    const get = (name: string, size: number) => talk.ask("GETXATTR", file, u32(size), u32(0), text(name));
    assert.equal((await get("user.p2p.url", 0)).body.readUInt32LE(0), 9);
    assert.equal((await get("user.p2p.url", 100)).body.toString(), "http://h/");
    assert.equal((await get("user.p2p.url", 8)).error, -errno.ERANGE);
    assert.equal((await get("user.p2p.none", 100)).error, -errno.ENODATA);
    assert.equal((await get("security.capability", 100)).error, -errno.EOPNOTSUPP);
    await eventually("it is counted", async () => talk.session.counters()?.nativeXattrs === 1);
    const names = await talk.ask("LISTXATTR", file, u32(100), u32(0));
    assert.equal(names.body.toString(), "user.p2p.url\0");
  });

  test("every change is EROFS, and what is not there is ENOSYS", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    talk.source.addFile("f", bytesContent("x"));
    const file = await talk.lookup(1n, "f");
    const setattr = [u32(8), u32(0), ...Array(6).fill(u64(0)), ...Array(8).fill(u32(0))] as Part[];
    const changes: [keyof typeof OPCODE, ...Part[]][] = [
      ["SETATTR", ...setattr],
      ["OPEN", u32(1), u32(0)],
      ["OPEN", u32(0o1000), u32(0)],
      ["CREATE", u32(1), u32(0o644), u32(0), u32(0), text("n")],
      ["TMPFILE", u32(1), u32(0o644), u32(0), u32(0), text("/")],
      ["MKNOD", u32(0o644), u32(0), u32(0), u32(0), text("n")],
      ["MKDIR", u32(0o755), u32(0), text("n")],
      ["SYMLINK", text("n"), text("t")],
      ["LINK", u64(file), text("n")],
      ["UNLINK", text("f")],
      ["RMDIR", text("d")],
      ["RENAME", u64(1), text("f"), text("g")],
      ["RENAME2", u64(1), u32(0), u32(0), text("f"), text("g")],
      ["WRITE", u64(1), u64(0), u32(1), u32(0), u64(0), u32(0), u32(0), { bytes: Buffer.from("y") }],
      ["FALLOCATE", u64(1), u64(0), u64(1), u32(0), u32(0)],
      ["SETXATTR", u32(1), u32(0), text("user.p2p.x"), { bytes: Buffer.from("y") }],
      ["REMOVEXATTR", text("user.p2p.x")],
      ["COPY_FILE_RANGE", u64(1), u64(0), u64(file), u64(1), u64(0), u64(1), u64(0)],
    ];
    for (const [opcode, ...parts] of changes) {
      assert.equal(
        (await talk.ask(opcode, opcode === "OPEN" ? file : 1n, ...parts)).error,
        -errno.EROFS,
        opcode,
      );
    }
    assert.equal((await talk.ask("READLINK", file)).error, -errno.EINVAL);
    for (const opcode of ["LSEEK", "IOCTL", "BMAP", "POLL", "STATX", "SETUPMAPPING", "ACCESS"] as const) {
      assert.equal((await talk.ask(opcode, file, ...Array(5).fill(u64(0)))).error, -errno.ENOSYS, opcode);
    }
    assert.equal((await talk.ask("SYNCFS", 1n, u64(0))).error, 0);
  });

  test("an interrupted request ends with EINTR, also when the interruption came first", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    const file = talk.source.addFile("stuck", patternContent(2 * MIB, 1));
    file.setGate("held");
    const nodeid = await talk.lookup(1n, "stuck");
    const { handle } = await talk.open(nodeid);
    const parts = [u64(handle), u64(0), u32(10), u32(0), u64(0), u32(0), u32(0)];
    const waiting = talk.send("READ", nodeid, ...parts);
    talk.send("INTERRUPT", 0, u64(waiting));
    const reply = await talk.kernel.receive();
    assert.deepEqual([reply?.unique, reply?.error], [waiting, -errno.EINTR]);
    const next = talk.lastUnique + 4n;
    assert.equal(talk.send("INTERRUPT", 0, u64(next)) + 2n, next);
    assert.equal((await talk.ask("READ", nodeid, ...parts)).error, -errno.EINTR);
    file.setGate("open");
    assert.equal((await talk.read(nodeid, handle, 0, 10)).error, 0, "the file is as it was");
  });

  test("a file cut short on the disk fails where it is read, with one line in the log", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    const file = talk.source.addFile("f", patternContent(2 * MIB, 1), { arrival: "present" });
    file.damage(MIB);
    const nodeid = await talk.lookup(1n, "f");
    const { handle } = await talk.open(nodeid);
    assert.equal((await talk.read(nodeid, handle, 0, 100)).error, 0);
    assert.equal((await talk.read(nodeid, handle, MIB - 50, 100)).error, -errno.EIO);
    const lines = talk.log.lines.filter(({ level }) => level === "warn");
    assert.deepEqual(
      lines.map(({ fields }) => [fields.operation, fields.code]),
      [["read", "IO"]],
    );
  });

  test("what the kernel was not shown is opened only after it looked again", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    const file = talk.source.addFile("f", patternContent(100, 1));
    const before = await talk.lookup(1n, "f");
    file.update(patternContent(300, 2));
    assert.equal((await talk.ask("OPEN", before, u32(0), u32(0))).error, -errno.ESTALE);
    const after = await talk.lookup(1n, "f");
    assert.equal(after, before, "nothing was open: it is the same inode");
    const { handle } = await talk.open(after);
    assert.deepEqual((await talk.read(after, handle, 0, 300)).body, Buffer.from(patternBytes(2, 0, 300)));
  });

  test("forgets what the kernel forgets", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    for (let i = 0; i < 50; i++) talk.source.addFile(`f${i}`, bytesContent("x"));
    const nodes: bigint[] = [];
    for (let i = 0; i < 50; i++) nodes.push(await talk.lookup(1n, `f${i}`));
    const [first = 0n, ...others] = nodes;
    talk.send("FORGET", first, u64(1));
    const many = others.flatMap((nodeid) => [u64(nodeid), u64(1)]);
    talk.send("BATCH_FORGET", 0, u32(others.length), u32(0), ...many);
    assert.equal((await talk.ask("SYNCFS", 1n, u64(0))).error, 0, "neither of them has an answer");
  });

  test("a read at an offset that no file has is answered once, also of a file that is partly here", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    talk.source.addFile("f", patternContent(2 * MIB, 1));
    const nodeid = await talk.lookup(1n, "f");
    const { handle } = await talk.open(nodeid);
    for (const offset of [1n << 60n, 1n << 63n, (1n << 64n) - 1n]) {
      const parts = [u64(handle), u64(offset), u32(10), u32(0), u64(0), u64(0)];
      const { error, body } = await talk.ask("READ", nodeid, ...parts);
      assert.deepEqual([error, body.length], [0, 0]);
      // A second answer to that would be taken for the answer to this.
      assert.equal((await talk.ask("SYNCFS", 1n, u64(0))).error, 0);
    }
  });

  test("messages no kernel sends are answered or dropped, and leave nothing behind", (t) =>
    stormOver(t, "short session storm", 1500));

  test("ends when the kernel does, and answers what waits", async (t) => {
    const talk = await Talk.open(t);
    await talk.init(0n);
    talk.source.addFile("f", patternContent(MIB, 1)).setGate("held");
    const nodeid = await talk.lookup(1n, "f");
    const { handle } = await talk.open(nodeid);
    talk.send("READ", nodeid, u64(handle), u64(0), u32(10), u32(0), u64(0), u32(0), u32(0));
    const ended = new Promise<void>((resolve) => talk.session.onEnd(resolve));
    talk.kernel.disconnect();
    await ended;
    assert.equal(talk.session.counters(), undefined);
    await talk.session.unmount();
  });
});
