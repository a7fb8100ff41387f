/** A session of the native binding with a pretend kernel at the other end of its channel, over an in-memory source. */
import assert from "node:assert/strict";
import { closeSync } from "node:fs";
import type { TestContext } from "node:test";
import { systemClock } from "../../../../base/clock.ts";
import { OPCODE } from "../../../../fs/bindings/kernel-abi/opcodes.ts";
import { NativeSession } from "../../../../fs/bindings/native/session.ts";
import { Filesystem } from "../../../../fs/filesystem.ts";
import { MemoryContentSource } from "../../../../fs/memory-content-source.ts";
import { addon } from "../../../native/built-addon.ts";
import { message, type Part, pack, type Reply } from "../../../native/kernel-messages.ts";
import { PretendKernel } from "../../../native/pretend-kernel.ts";
import { KeptLog } from "../../fixture.ts";

export const u32 = (value: number): Part => ({ u32: value });
export const u64 = (value: bigint | number): Part => ({ u64: BigInt(value) });
export const text = (value: string): Part => ({ text: value });

/** A session that has agreed with its kernel, and the kernel's side of the talk. */
export class Talk {
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
