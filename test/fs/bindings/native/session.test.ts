/**
 * A session of the native binding with a pretend kernel at the other end of its channel, over an in-memory source: what
 * each request is answered with, interruptions, clients that are gone, and messages that are none. No rights needed.
 */
import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import { constants } from "node:os";
import { describe, type TestContext, test } from "node:test";
import { systemClock } from "../../../../base/clock.ts";
import { INIT_FLAG } from "../../../../fs/bindings/kernel-abi/flags.ts";
import { OPCODE } from "../../../../fs/bindings/kernel-abi/opcodes.ts";
import { NativeSession } from "../../../../fs/bindings/native/session.ts";
import { Filesystem } from "../../../../fs/filesystem.ts";
import { MemoryContentSource } from "../../../../fs/memory-content-source.ts";
import { bytesContent, patternBytes, patternContent } from "../../../../fs/memory-file.ts";
import { seededRandom } from "../../../base/seeded-random.ts";
import { addon, addonMissing } from "../../../native/built-addon.ts";
import { message, type Part, pack, type Reply, readMessage } from "../../../native/kernel-messages.ts";
import { PretendKernel } from "../../../native/pretend-kernel.ts";
import { KeptLog } from "../../fixture.ts";

const { errno } = constants;
const MIB = 1 << 20;
const u32 = (value: number): Part => ({ u32: value });
const u64 = (value: bigint | number): Part => ({ u64: BigInt(value) });
const text = (value: string): Part => ({ text: value });

/** A session that has agreed with its kernel, and the kernel's side of the talk. */
class Talk {
  readonly source: MemoryContentSource;
  readonly filesystem: Filesystem;
  readonly session: NativeSession;
  readonly log: KeptLog;
  readonly kernel: PretendKernel;
  #unique = 0n;

  private constructor(parts: Pick<Talk, "source" | "filesystem" | "session" | "log" | "kernel">) {
    this.source = parts.source;
    this.filesystem = parts.filesystem;
    this.session = parts.session;
    this.log = parts.log;
    this.kernel = parts.kernel;
  }

  static async open(t: TestContext, options: { requestMs?: number; absentMs?: number } = {}): Promise<Talk> {
    const kernel = new PretendKernel();
    const log = new KeptLog();
    const source = await MemoryContentSource.create();
    const filesystem = new Filesystem({
      source,
      clock: systemClock,
      logger: log,
      ownership: { defaultUid: 1000, defaultGid: 100 },
      versions: "side-by-side",
      limits: options.requestMs === undefined ? {} : { requestMs: options.requestMs },
    });
    const session = new NativeSession({
      directory: "/nowhere",
      device: {
        fd: kernel.device,
        journalFd: undefined,
        served() {},
        unmount: async () => {},
        close: () => closeSync(kernel.device),
      },
      journal: undefined,
      addon: addon(),
      filesystem,
      clock: systemClock,
      timeouts: { attributesMs: 1500, absentMs: options.absentMs ?? 0 },
      stackDepth: 1,
      refusedFlags: 0n,
    });
    session.start();
    const ended = new Promise<void>((resolve) => session.onEnd(resolve));
    t.after(async () => {
      kernel.disconnect();
      await ended;
      await filesystem.close();
      await source.close();
    });
    return new Talk({ source, filesystem, session, log, kernel });
  }

  get lastUnique(): bigint {
    return this.#unique;
  }

  /** Sends a request. @returns its unique */
  send(opcode: keyof typeof OPCODE, nodeid: number | bigint, ...parts: Part[]): bigint {
    this.#unique += 2n;
    this.kernel.send(
      message({ opcode: OPCODE[opcode], unique: this.#unique, nodeid: BigInt(nodeid) }, pack(...parts)),
    );
    return this.#unique;
  }

  /** Sends a request and takes the next answer, which must be its own. */
  async ask(opcode: keyof typeof OPCODE, nodeid: number | bigint, ...parts: Part[]): Promise<Reply> {
    const unique = this.send(opcode, nodeid, ...parts);
    const reply = await this.kernel.receive();
    assert.equal(reply?.unique, unique, opcode);
    assert.equal(reply.length, reply.body.length + 16);
    return reply;
  }

  init(flags: bigint, minor = 45): Promise<Reply> {
    const [low, high] = [Number(flags & 0xffff_ffffn), Number(flags >> 32n)];
    return this.ask("INIT", 0, u32(7), u32(minor), u32(131072), u32(low), u32(high), {
      bytes: Buffer.alloc(44),
    });
  }

  async lookup(parent: number | bigint, name: string): Promise<bigint> {
    const { error, body } = await this.ask("LOOKUP", parent, text(name));
    assert.equal(error, 0, name);
    return body.readBigUInt64LE(0);
  }

  async open(nodeid: bigint): Promise<{ handle: bigint; flags: number }> {
    const { error, body } = await this.ask("OPEN", nodeid, u32(0), u32(0));
    assert.equal(error, 0);
    return { handle: body.readBigUInt64LE(0), flags: body.readUInt32LE(8) };
  }

  read(nodeid: bigint, handle: bigint, offset: number, size: number): Promise<Reply> {
    const parts = [u64(handle), u64(offset), u32(size), u32(0), u64(0), u32(0), u32(0)];
    return this.ask("READ", nodeid, ...parts);
  }

  release(nodeid: bigint, handle: bigint): Promise<Reply> {
    return this.ask("RELEASE", nodeid, u64(handle), u32(0), u32(0), u64(0));
  }
}

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
    const counters = talk.session.counters();
    assert.deepEqual([counters?.workerReads, counters?.nativeReads], [1, 2]);
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
    assert.equal((await get("security.capability", 100)).error, -errno.ENODATA);
    assert.equal(talk.session.counters()?.nativeXattrs, 1);
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

  test("messages that are none are answered or dropped, and the session goes on, random ones", async (t) => {
    const random = seededRandom("session fuzz");
    const talk = await Talk.open(t, { requestMs: 200 });
    await talk.init(0n);
    talk.source.addFile("d/f", patternContent(3 * MIB, 7));
    const directory = await talk.lookup(1n, "d");
    const nodeid = await talk.lookup(directory, "f");
    const { handle } = await talk.open(nodeid);
    let received = 0;
    let isOver = false;
    const marker = 0x7fff_ffff_fff0n;
    const receiving = (async () => {
      while (!isOver) {
        const reply = await talk.kernel.receive();
        received++;
        if (reply?.unique === marker) isOver = true;
      }
    })();
    const opcodes = Object.values(OPCODE);
    for (let i = 0; i < 3000; i++) {
      const body = Buffer.from(random.bytes(random.below(120)));
      if (body.length > 16 && random.below(2) === 0) {
        body.writeBigUInt64LE(handle, 0);
        body.writeBigUInt64LE(BigInt(random.below(4 * MIB)), 8);
      }
      if (body.length > 0 && random.below(2) === 0) body[body.length - 1] = 0;
      const opcode = random.below(20) === 0 ? random.below(2 ** 31) : random.pick(opcodes);
      const header = {
        opcode,
        unique: BigInt(10_000 + 2 * i),
        nodeid: random.pick([1n, directory, nodeid, BigInt(random.below(100)), 2n ** 60n]),
      };
      await talk.kernel.sendPatiently(message(header, body));
    }
    await talk.kernel.sendPatiently(readMessage(marker, { handle, offset: 5n, size: 7, nodeid }));
    await receiving;
    assert.ok(received > 1000, `${received} answers`);
    const broken = talk.log.lines.filter(({ fields }) => fields.code === "INTERNAL");
    assert.deepEqual(broken, [], "nothing went wrong inside");
  });

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
