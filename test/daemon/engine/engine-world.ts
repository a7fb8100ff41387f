/** Engines for the tests of one file, over a source and a swarm whose answers the test steers; and what these tests often say. */
import assert from "node:assert/strict";
import { readSync } from "node:fs";
import { after } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { Engine, type EngineOptions } from "../../../daemon/engine/engine.ts";
import type { OpenTask } from "../../../daemon/engine/open-task.ts";
import { StandaloneScheduler } from "../../../daemon/scheduler/standalone.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import type { Storage } from "../../../daemon/storage/storage.ts";
import {
  parentNamed,
  ScriptedAnnouncements,
  ScriptedScheduler,
  ScriptedTransport,
} from "./scripted-parents.ts";
import { contentBlock, ScriptedSource } from "./scripted-source.ts";

export const MIB = BLOCK_BYTES;
/** Of the contents that these tests read: the smallest there is. */
export const PIECE_BYTES = 4 * MIB;
/** The content's URL; there is one, whatever it is called. */
export const request = { url: "http://origin/file", headers: {} };

/**
 * Makes engines that are closed after the tests of the file, with their storages.
 * @returns makes one; what is not said is a host by itself, over a storage of its own that forgets all
 */
export function enginesOfThisFile(): (
  options: Pick<EngineOptions, "sourceOf"> & Partial<EngineOptions>,
) => Promise<Engine> {
  const engines: Engine[] = [];
  const storages = new Set<Storage>();
  // The system clock's timers do not keep a process alive; waiting for them is what these tests do.
  const alive = setInterval(() => {}, 1_000);
  after(async () => {
    clearInterval(alive);
    for (const engine of engines) await engine.close();
    for (const storage of storages) await storage.close();
  });
  return async (options) => {
    const storage = options.storage ?? (await MemoryStorage.open());
    const engine = new Engine({
      clock: systemClock,
      random: () => 0.5,
      log: silentLogger,
      scheduler: new StandaloneScheduler(),
      newPeerId: () => "10.0.0.9-me-1",
      retries: 1,
      ...options,
      storage,
    });
    engines.push(engine);
    storages.add(storage);
    return engine;
  };
}

/** A source, a scheduler and parents. */
export class ScriptedSwarm {
  readonly source: ScriptedSource;
  readonly scheduler = new ScriptedScheduler();
  readonly announcements = new ScriptedAnnouncements(PIECE_BYTES);
  readonly transport = new ScriptedTransport();
  /** The numbers of all pieces. */
  readonly pieces: readonly number[];

  constructor(contentBytes: number) {
    this.source = new ScriptedSource(contentBytes);
    this.pieces = Array.from({ length: Math.ceil(contentBytes / PIECE_BYTES) }, (_, piece) => piece);
  }

  /** What an engine is told of it. */
  get options() {
    const { source, scheduler, announcements, transport } = this;
    return { sourceOf: () => source, scheduler, parents: { announcements, transport }, random: Math.random };
  }

  /** The scheduler names these parents. */
  place(...names: string[]): void {
    this.scheduler.place({ kind: "parents", parents: names.map(parentNamed) });
  }

  /** The scheduler names these parents, and they have all pieces. */
  placeWhole(...names: string[]): void {
    this.place(...names);
    for (const name of names) this.announcements.announce(name, this.pieces);
  }
}

export function assertBytes(task: OpenTask, offset: number, length: number, version = 1): void {
  const bytes = Buffer.alloc(length);
  assert.equal(readSync(task.fd, bytes, 0, length, offset), length);
  assert.ok(bytes.equals(contentBlock(version, offset, length)), `bytes at ${offset} are the origin's`);
}

export function assertWhole(task: OpenTask, version = 1): void {
  assertBytes(task, 0, task.record.contentLength, version);
}
