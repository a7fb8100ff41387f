/**
 * One storm over one session: sends it while answers are read, asks something good in between, and looks afterwards
 * whether everything is as before.
 */
import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";
import type { TestContext } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { INIT_FLAG } from "../../fs/bindings/kernel-abi/flags.ts";
import { OPCODE } from "../../fs/bindings/kernel-abi/opcodes.ts";
import { patternBytes, patternContent } from "../../fs/memory-file.ts";
import { seededRandom } from "../base/seeded-random.ts";
import { Talk, text, u32, u64 } from "../fs/bindings/native/talk.ts";
import { message, type Part, pack, type Reply } from "./kernel-messages.ts";
import { MessageStorm } from "./message-storm.ts";

const MIB = 1 << 20;
/** Messages between two good questions: no more than whose answers fit into a socket, where the device would just wait. */
const ROUND = 16;
/** Deadline of what waits for a file that never comes, ms. */
const REQUEST_MS = 50;
/** Good questions that are waited for at most until something is closed. */
const QUESTIONS_MAX = 2000;
/** Uniques of good questions begin here: no message of a storm has one so large that is not at an edge. */
const QUESTIONS_FROM = 1n << 40n;
const FILES = ["whole", "lazy", "held", "d/small"] as const;

/** Answers as they come, by unique; some are waited for. */
class Answers {
  readonly seen = new Map<bigint, number>();
  readonly #waiting = new Map<bigint, (reply: Reply) => void>();
  readonly #onReply: (reply: Reply) => void;
  readonly reading: Promise<void>;

  constructor(talk: Talk, onReply: (reply: Reply) => void) {
    this.#onReply = onReply;
    this.reading = this.#read(talk);
  }

  /** The answer to a question that is about to be sent. */
  to(unique: bigint): Promise<Reply> {
    return new Promise((resolve) => this.#waiting.set(unique, resolve));
  }

  async #read(talk: Talk): Promise<void> {
    for (;;) {
      const reply = await talk.kernel.receive();
      if (reply === undefined || reply.unique === LAST) return;
      this.seen.set(reply.unique, (this.seen.get(reply.unique) ?? 0) + 1);
      this.#waiting.get(reply.unique)?.(reply);
      this.#waiting.delete(reply.unique);
      this.#onReply(reply);
    }
  }
}

/** Handles whose opening nobody was told of, at most. */
const HANDLES_UNHEARD_MAX = 64;
const LET_GO_ROUNDS_MAX = 20;
const NOTHING_HELD = { handles: 0, inodes: 0, contents: [] };

/** Unique of the question that ends a storm. */
const LAST = (1n << 41n) + 1n;

class StormCase {
  readonly #talk: Talk;
  readonly #answers: Answers;
  readonly #nodes: bigint[] = [1n];
  readonly #handles: bigint[] = [];
  readonly #asked = new Map<bigint, number>();
  #question = QUESTIONS_FROM;

  constructor(talk: Talk) {
    this.#talk = talk;
    this.#answers = new Answers(talk, (reply) => this.#learn(reply));
  }

  /** @param count messages */
  async storm(name: string, count: number): Promise<void> {
    const names = ["whole", "lazy", "held", "d", "small", "absent"];
    const storm = new MessageStorm(seededRandom(name), {
      nodes: this.#nodes,
      handles: this.#handles,
      names,
    });
    for (let sent = 0; sent < count; sent++) {
      const bytes = storm.next();
      if (bytes.length >= 16) this.#note(bytes.readBigUInt64LE(8));
      await this.#talk.kernel.sendPatiently(bytes);
      if (sent % ROUND === 0) await this.isThere();
    }
    await this.isThere();
  }

  /** A question that is as it should be. */
  async ask(opcode: keyof typeof OPCODE, nodeid: bigint, ...parts: Part[]): Promise<Reply> {
    this.#question += 2n;
    const unique = this.#question;
    this.#note(unique);
    const answer = this.#answers.to(unique);
    await this.#talk.kernel.sendPatiently(
      message({ opcode: OPCODE[opcode], unique, nodeid }, pack(...parts)),
    );
    return answer;
  }

  /** Gives everything back that a kernel could still hold, until nothing is held. */
  async letGo(): Promise<void> {
    const { filesystem, source } = this.#talk;
    const held = () => ({
      handles: filesystem.handleCount,
      inodes: [...filesystem.kept().inodes].length,
      contents: FILES.filter((path) => source.file(path).opens.now > 0),
    });
    const isFree = () => isDeepStrictEqual(held(), NOTHING_HELD);
    for (let round = 0; round < LET_GO_ROUNDS_MAX && !isFree(); round++) {
      // What was asked for before may still be opening something.
      for (let handle = 1; handle <= this.#handleMax() + HANDLES_UNHEARD_MAX; handle++) {
        for (const nodeid of this.#nodes)
          await this.ask("RELEASE", nodeid, u64(handle), u32(0), u32(0), u64(0));
        await this.ask("RELEASEDIR", 1n, u64(handle), u32(0), u32(0), u64(0));
      }
      const { last } = filesystem.kept();
      for (let nodeid = 2; nodeid <= last; nodeid++)
        await this.#talk.kernel.sendPatiently(
          message({ opcode: OPCODE.FORGET, unique: 0n, nodeid: BigInt(nodeid) }, pack(u64(2 ** 50))),
        );
      await this.isThere();
    }
    assert.deepEqual(held(), NOTHING_HELD);
  }

  /** Names, listings and bytes are what they were. */
  async isAsBefore(): Promise<void> {
    for (const [path, seed] of [["whole", 1] as const, ["lazy", 2] as const]) {
      const found = await this.ask("LOOKUP", 1n, text(path));
      const nodeid = found.body.readBigUInt64LE(0);
      const opened = await this.ask("OPEN", nodeid, u32(0), u32(0));
      assert.equal(opened.error, 0, path);
      const handle = opened.body.readBigUInt64LE(0);
      const offset = MIB - 1000;
      const parts = [u64(handle), u64(offset), u32(2000), u32(0), u64(0), u64(0)];
      const read = await this.ask("READ", nodeid, ...parts);
      assert.deepEqual(read.body, Buffer.from(patternBytes(seed, offset, 2000)), path);
      assert.equal((await this.ask("RELEASE", nodeid, u64(handle), u32(0), u32(0), u64(0))).error, 0);
      await this.#talk.kernel.sendPatiently(
        message({ opcode: OPCODE.FORGET, unique: 0n, nodeid }, pack(u64(1))),
      );
    }
    const opened = await this.ask("OPENDIR", 1n, u32(0), u32(0));
    const handle = opened.body.readBigUInt64LE(0);
    // The dots are a page of their own.
    const parts = [u64(handle), u64(2), u32(4096), u32(0), u64(0), u64(0)];
    const listed = await this.ask("READDIR", 1n, ...parts);
    for (const name of ["whole", "lazy", "held", "d"]) assert.ok(listed.body.includes(name), name);
    assert.equal((await this.ask("RELEASEDIR", 1n, u64(handle), u32(0), u32(0), u64(0))).error, 0);
  }

  /** Reads no more answers. */
  async end(): Promise<void> {
    const { kernel } = this.#talk;
    await kernel.sendPatiently(message({ opcode: OPCODE.SYNCFS, unique: LAST }, pack(u64(0))));
    await this.#answers.reading;
  }

  /** Nothing was answered that was not asked. */
  answersWereAsked(): void {
    for (const [unique, times] of this.#answers.seen)
      assert.ok(times <= (this.#asked.get(unique) ?? 0), `unique ${unique} was answered ${times} times`);
  }

  #note(unique: bigint): void {
    this.#asked.set(unique, (this.#asked.get(unique) ?? 0) + 1);
  }

  /** The root answers. */
  async isThere(): Promise<void> {
    const { error } = await this.ask("GETATTR", 1n, u32(0), u32(0), u64(0));
    assert.equal(error, 0);
  }

  #handleMax(): number {
    return Number(this.#handles.reduce((most, handle) => (handle > most ? handle : most), 0n));
  }

  /** Nodes and handles that answers tell of are what the storm speaks of from then on. */
  #learn({ error, body }: Reply): void {
    if (error !== 0) return;
    if (body.length === 16) this.#add(this.#handles, body.readBigUInt64LE(0));
    if (body.length === 128) this.#add(this.#nodes, body.readBigUInt64LE(0));
  }

  /** An answer to a READ may have the same length: numbers that cannot be ours are passed over. */
  #add(known: bigint[], number: bigint): void {
    if (number > 0n && number < 100_000n && !known.includes(number)) known.push(number);
  }
}

/** Descriptors of this process that lead to a folder's files; the threads' own come and go. */
function descriptorsInto(folder: string): number {
  const isInto = (number: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith(folder);
    } catch {
      // Closed meanwhile.
      return false;
    }
  };
  return readdirSync("/proc/self/fd").filter(isInto).length;
}

/** A whole storm; it prints its seed. @param count messages */
export async function stormOver(t: TestContext, name: string, count: number): Promise<void> {
  const talk = await Talk.open(t, { requestMs: REQUEST_MS });
  await talk.init(INIT_FLAG.INIT_EXT | INIT_FLAG.PASSTHROUGH | INIT_FLAG.MAX_PAGES);
  const { source, log } = talk;
  source.addFile("whole", patternContent(3 * MIB, 1), { arrival: "present" });
  source.addFile("lazy", patternContent(3 * MIB, 2));
  source.addFile("held", patternContent(3 * MIB, 3)).setGate("held");
  source.addFile("d/small", patternContent(10, 4));
  const folder = dirname(source.file("whole").contentPath);
  const descriptors = descriptorsInto(folder);
  const one = new StormCase(talk);
  try {
    await one.storm(name, count);
    await one.letGo();
    await one.isAsBefore();
    await one.letGo();
    // A thread that has answered a read may be about to let go of its file.
    for (let asked = 0; descriptorsInto(folder) !== descriptors && asked < QUESTIONS_MAX; asked++)
      await one.isThere();
  } finally {
    // A read of the socket under way would keep it open for ever.
    await one.end();
  }
  one.answersWereAsked();
  const broken = log.lines.filter(({ fields }) => fields.code === "INTERNAL");
  assert.deepEqual(broken, [], "nothing went wrong inside");
  assert.equal(descriptorsInto(folder), descriptors, "no descriptor is left behind");
}
