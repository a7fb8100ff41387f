/** Storages against a simple model: random operations in order, and random interleavings on few ids. Seeds are printed. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import type { Storage, StoredTask } from "../../daemon/storage/storage.ts";
import { type SeededRandom, seededRandom } from "../base/seeded-random.ts";
import {
  blockBytes,
  blocksOfPiece,
  digestOf,
  MIB,
  putBlock,
  readBlock,
  recordOf,
  setBits,
} from "./storage-fixtures.ts";
import type { MakeStorage } from "./storage-suite.ts";

/** What a task should hold. */
interface ModelTask {
  readonly id: string;
  /** Block → version of its bytes. */
  readonly blocks: Map<number, number>;
  readonly pieces: Set<number>;
  bytesFromSource: number;
  deleted: boolean;
}

interface ModelOpening {
  readonly task: ModelTask;
  readonly stored: StoredTask;
}

/** Takes a storage down and brings it up again on the same disk. */
export type Restart = (storage: Storage) => Promise<Storage>;

const IDS = ["task-a", "task-b", "task-c", "other-a"];

class Run {
  storage: Storage;
  readonly #restart: Restart | undefined;
  readonly #random: SeededRandom;
  readonly #clock: FakeClock;
  readonly #known = new Map<string, ModelTask>();
  readonly #openings: ModelOpening[] = [];
  readonly #facts = new Map<string, number>();

  constructor(storage: Storage, random: SeededRandom, clock: FakeClock, restart: Restart | undefined) {
    this.storage = storage;
    this.#random = random;
    this.#clock = clock;
    this.#restart = restart;
  }

  async step(): Promise<string> {
    const roll = this.#random.below(100);
    if (roll < 12) return this.#create();
    if (roll < 25) return this.#open();
    if (roll < 30) return this.#delete();
    if (roll < 40) return this.#close();
    if (roll < 60) return this.#setBlocks();
    if (roll < 75) return this.#finishPieces();
    if (roll < 79) return this.#discard();
    if (roll < 82) return this.#evict();
    if (roll < 86) return this.#update();
    if (roll < 92) return this.#fact();
    if (roll < 94) return this.#sync();
    if (roll < 96) {
      this.#clock.advance(this.#random.below(200_000));
      return "time passes";
    }
    return this.#startAgain();
  }

  async check(): Promise<void> {
    assert.deepEqual([...this.storage.records()].map(({ id }) => id).sort(), [...this.#known.keys()].sort());
    for (const { task, stored } of this.#openings) await checkTask(task, stored);
  }

  async end(): Promise<void> {
    await this.check();
    for (const { stored } of this.#openings.splice(0)) await stored.close();
    for (const task of this.#known.values()) {
      const stored = await this.storage.open(task.id);
      await checkTask(task, stored);
      await stored.close();
    }
    const facts: [string, unknown][] = [];
    for await (const [key, value] of this.storage.facts.entries("model")) facts.push([key, value]);
    assert.deepEqual(facts, [...this.#facts].sort());
  }

  async #create(): Promise<string> {
    const id = this.#random.pick(IDS);
    const creating = this.storage.create(
      recordOf(id, { contentLength: this.#random.pick([1, 4 * MIB, 9 * MIB + 123]) }),
    );
    if (this.#known.has(id)) {
      await assert.rejects(creating, { code: "ALREADY_EXISTS" });
      return `${id} exists already`;
    }
    const task = { id, blocks: new Map(), pieces: new Set<number>(), bytesFromSource: 0, deleted: false };
    this.#known.set(id, task);
    this.#openings.push({ task, stored: await creating });
    return `create ${id}`;
  }

  async #open(): Promise<string> {
    const id = this.#random.pick(IDS);
    const task = this.#known.get(id);
    if (task === undefined) await assert.rejects(this.storage.open(id), { code: "NOT_FOUND" });
    else if (this.#openings.length < 12) this.#openings.push({ task, stored: await this.storage.open(id) });
    return `open ${id}`;
  }

  async #delete(): Promise<string> {
    const id = this.#random.pick(IDS);
    const task = this.#known.get(id);
    if (task === undefined) await assert.rejects(this.storage.delete(id), { code: "NOT_FOUND" });
    else {
      await this.storage.delete(id);
      task.deleted = true;
      this.#known.delete(id);
    }
    return `delete ${id}`;
  }

  async #close(): Promise<string> {
    if (this.#openings.length === 0) return "nothing to close";
    const [opening] = this.#openings.splice(this.#random.below(this.#openings.length), 1);
    await opening?.stored.close();
    return `close ${opening?.task.id}`;
  }

  #opening(): ModelOpening | undefined {
    return this.#openings.length === 0 ? undefined : this.#random.pick(this.#openings);
  }

  async #setBlocks(): Promise<string> {
    const opening = this.#opening();
    if (opening === undefined) return "nothing is open";
    const { task, stored } = opening;
    for (let count = this.#random.below(4); count >= 0; count--) {
      const block = this.#random.below(stored.blockCount);
      const version = this.#random.below(8) === 0 ? 1 : (task.blocks.get(block) ?? 0);
      // Bytes that differ, or whose checksum is no longer remembered, unfinish the piece.
      const piece = Math.floor((block * MIB) / stored.record.pieceLength);
      if (task.pieces.has(piece)) task.pieces.delete(piece);
      putBlock(stored, block, version);
      task.blocks.set(block, version);
    }
    return `set blocks of ${task.id}`;
  }

  async #finishPieces(): Promise<string> {
    const opening = this.#opening();
    if (opening === undefined) return "nothing is open";
    const { task, stored } = opening;
    const piece = this.#random.below(stored.pieceCount);
    for (const block of blocksOfPiece(stored, piece)) {
      if (task.blocks.has(block)) continue;
      putBlock(stored, block);
      task.blocks.set(block, 0);
    }
    await stored.finishPiece(piece, { costMs: 1 });
    task.pieces.add(piece);
    return `finish piece ${piece} of ${task.id}`;
  }

  async #discard(): Promise<string> {
    const opening = this.#opening();
    if (opening === undefined) return "nothing is open";
    const { task, stored } = opening;
    const { contentLength, pieceLength } = stored.record;
    const offset = this.#random.below(contentLength);
    const length = 1 + this.#random.below(3 * MIB);
    await stored.discard(offset, length);
    const last = Math.min(offset + length, contentLength) - 1;
    for (const block of [...task.blocks.keys()])
      if (block >= Math.floor(offset / MIB) && block <= Math.floor(last / MIB)) task.blocks.delete(block);
    for (const piece of [...task.pieces])
      if (piece >= Math.floor(offset / pieceLength) && piece <= Math.floor(last / pieceLength))
        task.pieces.delete(piece);
    return `discard ${length} bytes at ${offset} of ${task.id}`;
  }

  /** Evicts a range while some of it is held and somebody sets a block elsewhere. */
  async #evict(): Promise<string> {
    const opening = this.#opening();
    if (opening === undefined || !this.storage.canEvict) return "nothing can be evicted";
    const { task, stored } = opening;
    const start = this.#random.below(stored.blockCount);
    const range = { start, end: start + 1 + this.#random.below(6) };
    const heldStart = this.#random.below(stored.blockCount);
    const held = { start: heldStart, end: heldStart + this.#random.below(3) };
    const release = stored.hold(held);
    const evicting = stored.evict(range);
    for (const block of [...task.blocks.keys()]) {
      if (block < range.start || block >= range.end) continue;
      if (block >= held.start && block < held.end) continue;
      task.blocks.delete(block);
      task.pieces.delete(Math.floor((block * MIB) / stored.record.pieceLength));
    }
    // At once, not only when it is over.
    await checkTask(task, stored);
    await evicting;
    release();
    return `evict ${range.start} to ${range.end} of ${task.id}`;
  }

  async #update(): Promise<string> {
    const opening = this.#opening();
    if (opening === undefined) return "nothing is open";
    opening.task.bytesFromSource = this.#random.below(1_000);
    opening.stored.update({ bytesFromSource: opening.task.bytesFromSource });
    return `update ${opening.task.id}`;
  }

  async #sync(): Promise<string> {
    await this.#opening()?.stored.sync();
    return "sync";
  }

  async #fact(): Promise<string> {
    const key = `key-${this.#random.below(10)}`;
    if (this.#random.below(3) === 0) {
      this.storage.facts.delete("model", key);
      this.#facts.delete(key);
    } else {
      this.#facts.set(key, this.#random.below(100));
      this.storage.facts.put("model", key, this.#facts.get(key));
    }
    assert.equal(await this.storage.facts.get("model", key), this.#facts.get(key));
    return `fact ${key}`;
  }

  async #startAgain(): Promise<string> {
    if (this.#restart === undefined) return "cannot start again";
    for (const { stored } of this.#openings.splice(0)) await stored.close();
    this.storage = await this.#restart(this.storage);
    return "start again";
  }
}

async function checkTask(task: ModelTask, stored: StoredTask): Promise<void> {
  assert.deepEqual(
    setBits(stored.blocks),
    [...task.blocks.keys()].sort((a, b) => a - b),
  );
  const pieces = [...task.pieces].sort((a, b) => a - b);
  assert.deepEqual(setBits(stored.pieces), pieces);
  assert.equal(stored.record.bytesFromSource, task.bytesFromSource);
  assert.equal(stored.deleted, task.deleted);
  assert.equal(existsSync(stored.contentPath) || task.deleted, true);
  for (const [block, version] of task.blocks)
    assert.ok(readBlock(stored, block).equals(blockBytes(stored, block, version)), `block ${block}`);
  for (const { number, digest } of await stored.pieceRecords(pieces))
    if (blocksOfPiece(stored, number).every((block) => task.blocks.get(block) === 0))
      assert.equal(digest, digestOf(stored, number));
}

export function storageModelTests(make: MakeStorage, restart?: Restart): void {
  test("random operations leave what a simple model says they leave", async (t) => {
    const random = seededRandom("storage-model");
    for (let round = 0; round < 4; round++) {
      const clock = new FakeClock();
      const run = new Run(await make(t, { clock }), random, clock, restart);
      for (let step = 0; step < 60; step++) {
        const what = await run.step();
        await run.check().catch((cause: unknown) => {
          throw new assert.AssertionError({
            message: `after step ${step} of round ${round}: ${what}\n${cause}`,
          });
        });
      }
      await run.end();
      await run.storage.close();
    }
  });

  test("create, open, delete and close of one id at the same time take effect in the order they were called", async (t) => {
    const random = seededRandom("storage-interleavings");
    for (let round = 0; round < 10; round++) {
      const storage = await make(t, { clock: new FakeClock() });
      await interleave(storage, random);
      await storage.close();
    }
  });
}

/** Blocks that were set in one life of a task, from its making to its deletion. */
interface TaskLife {
  readonly url: string;
  readonly blocks: Set<number>;
}

async function interleave(storage: Storage, random: SeededRandom): Promise<void> {
  const alive = new Map<string, TaskLife>();
  const running: Promise<unknown>[] = [];
  let lives = 0;
  const use = async (opening: Promise<StoredTask>, life: TaskLife, turns: number, block: number) => {
    const stored = await opening;
    assert.equal(stored.record.url, life.url, "an opening belongs to the life it was called in");
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    putBlock(stored, block);
    life.blocks.add(block);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    for (const known of life.blocks) assert.ok(stored.hasBlock(known), `block ${known}`);
    await stored.close();
  };
  for (let step = 0; step < 40; step++) {
    const id = random.pick(["task-a", "task-b"]);
    const life = alive.get(id);
    const turns = random.below(4);
    const roll = random.below(10);
    if (roll < 4 && life === undefined) {
      const made = { url: `http://origin.test/${lives++}`, blocks: new Set<number>() };
      alive.set(id, made);
      running.push(use(storage.create(recordOf(id, { url: made.url })), made, turns, random.below(10)));
    } else if (roll < 4) {
      running.push(assert.rejects(storage.create(recordOf(id)), { code: "ALREADY_EXISTS" }));
    } else if (roll < 8 && life !== undefined) {
      running.push(use(storage.open(id), life, turns, random.below(10)));
    } else if (life === undefined) {
      running.push(assert.rejects(roll < 8 ? storage.open(id) : storage.delete(id), { code: "NOT_FOUND" }));
    } else {
      alive.delete(id);
      running.push(storage.delete(id));
    }
    if (random.below(3) === 0) await new Promise(setImmediate);
  }
  await Promise.all(running);
  assert.deepEqual([...storage.records()].map(({ id }) => id).sort(), [...alive.keys()].sort());
  for (const [id, life] of alive) {
    const stored = await storage.open(id);
    assert.deepEqual(
      setBits(stored.blocks),
      [...life.blocks].sort((a, b) => a - b),
    );
    await stored.close();
  }
}
