/** A task that is only looked into, on a host of a cluster with seeds of p2pfs' own: whom its readers' blocks come from. */
import assert from "node:assert/strict";
import { readSync } from "node:fs";
import { beforeEach, describe, test } from "node:test";
import { BufferPool } from "../../../base/buffer-pool.ts";
import { type Clock, FakeClock, systemClock } from "../../../base/clock.ts";
import { IntegrityError, LimitError, type P2pfsError, UnavailableError } from "../../../base/errors.ts";
import { FilePump } from "../../../base/file-pump.ts";
import {
  BLOCK_BYTES,
  HEDGE_MS,
  SAMPLED_PIECES_MAX,
  SEED_ASIDE_BLOCKS,
  TASK_FETCHES_MAX,
} from "../../../base/limits.ts";
import type { Engine } from "../../../daemon/engine/engine.ts";
import type { OpenTask, TaskRequest } from "../../../daemon/engine/open-task.ts";
import type { ParentAccess } from "../../../daemon/engine/task-environment.ts";
import type { Seed, SeedRead, Seeds } from "../../../daemon/transport/seeds.ts";
import { enginesOfThisFile, MIB, PIECE_BYTES, request, ScriptedSwarm } from "./engine-world.ts";
import { parentNamed } from "./scripted-parents.ts";
import { contentBlock } from "./scripted-source.ts";

const PIECES = 16;
const SEED: Seed = { hostId: "seed-host", ip: "10.0.0.2", uploadPort: 4000 };

class ScriptedSeeds implements Seeds {
  readonly reads: { content: SeedRead["content"]; offset: number; length: number | undefined }[] = [];
  seed: Seed | "unknown" | "none" = SEED;
  /** Its answer is thrown, or waited for, before a block is sent. */
  script: (block: number) => P2pfsError | Promise<void> | undefined = () => undefined;
  version = 1;
  readonly #pool = new BufferPool(32 * BLOCK_BYTES);
  #known: () => void = () => {};
  readonly #becomesKnown = new Promise<void>((resolve) => {
    this.#known = resolve;
  });

  prepare(): void {}
  of() {
    return this.seed;
  }
  known(): Promise<void> {
    return this.#becomesKnown;
  }
  /** Says who the seed is, where that was unknown. */
  tell(seed: Seed | "none"): void {
    this.seed = seed;
    this.#known();
  }
  async read(_seed: Seed, { content, into }: SeedRead) {
    this.reads.push({ content, offset: into.offset, length: into.length });
    const pump = new FilePump(into, this.#pool);
    try {
      const end = into.offset + (into.length ?? 0);
      for (let at = into.offset; at < end; at += MIB) {
        const steered = this.script(at / MIB);
        if (steered instanceof Promise) await steered;
        else if (steered !== undefined) throw steered;
        await pump.write(contentBlock(this.version, at, Math.min(MIB, end - at)));
      }
      return await pump.end();
    } catch (error) {
      await pump.cutOff();
      throw error;
    }
  }
  async close(): Promise<void> {}
}

const makeEngine = enginesOfThisFile();
let swarm: ScriptedSwarm;
let seeds: ScriptedSeeds;

function engineWith(access: Partial<ParentAccess> = { seeds }, clock: Clock = systemClock): Promise<Engine> {
  const { options } = swarm;
  return makeEngine({ ...options, clock, parents: { ...options.parents, ...access } });
}

beforeEach(() => {
  swarm = new ScriptedSwarm((PIECES - 1) * PIECE_BYTES + MIB + 17);
  seeds = new ScriptedSeeds();
});

async function sample(task: OpenTask, offset: number): Promise<void> {
  await task.want({ offset, length: 8 }, "demand");
  const bytes = Buffer.alloc(8);
  readSync(task.fd, bytes, 0, 8, offset);
  assert.ok(bytes.equals(contentBlock(1, offset, 8)), "the bytes are the origin's");
}

describe("a task that is looked into", () => {
  test("has its blocks of the seed, exactly those, and tells no scheduler of itself", async () => {
    const task = await (await engineWith()).open(request);
    await sample(task, 0);
    await sample(task, 9 * PIECE_BYTES + MIB);
    await sample(task, 9 * PIECE_BYTES + MIB + 100);
    assert.deepEqual(
      seeds.reads.map(({ offset, length }) => [offset, length]),
      [
        [0, MIB],
        [9 * PIECE_BYTES + MIB, MIB],
      ],
    );
    assert.deepEqual(swarm.source.reads, []);
    assert.deepEqual(swarm.scheduler.sessions, []);
    assert.equal(task.record.bytesFromPeers, 2 * MIB);
    assert.equal(task.record.bytesFromSource, 0);
    assert.deepEqual([...task.places], [[SEED.hostId, 2 * MIB]]);
    await task.close();
  });

  test("is described to the seed so that it makes the same task, of the same version", async () => {
    const engine = await engineWith();
    const task = await engine.open({ ...request, url: "http://origin/file?b=2", tag: "t" });
    await sample(task, 0);
    const [read] = seeds.reads;
    assert.equal(read?.content.taskId, task.id);
    assert.equal(read?.content.length, swarm.source.length);
    assert.equal(read?.content.etag, '"v1"');
    const { url, tag } = read?.content.download ?? {};
    assert.deepEqual([url, tag], ["http://origin/file?b=2", "t"]);
    await task.close();
  });

  for (const [what, own] of [
    ["needs this host's credentials", { headers: { authorization: "Bearer secret" } }],
    ["has a secret in its URL", { url: "http://user:secret@origin/file" }],
    ["is signed in its URL", { url: "http://origin/file?X-Amz-Signature=secret" }],
  ] as const satisfies [string, Partial<TaskRequest>][])
    test(`is asked of no seed when its source ${what}`, async () => {
      const task = await (await engineWith()).open({ ...request, ...own });
      await sample(task, 0);
      assert.deepEqual(seeds.reads, []);
      assert.equal(swarm.source.reads.length, 1);
      await task.close();
    });

  test("goes to the source where there is no seed", async () => {
    seeds.seed = "none";
    const task = await (await engineWith()).open(request);
    await sample(task, 0);
    assert.equal(swarm.source.reads.length, 1);
    await task.close();
  });

  test("waits a moment to hear who the seeds are, and goes on as soon as it is said", async () => {
    seeds.seed = "unknown";
    const task = await (await engineWith()).open(request);
    const sampled = sample(task, 0);
    seeds.tell(SEED);
    await sampled;
    assert.equal(seeds.reads.length, 1);
    seeds.seed = "unknown";
    await sample(task, PIECE_BYTES);
    assert.deepEqual([seeds.reads.length, swarm.source.reads.length], [1, 1], "nobody says: the source");
    await task.close();
  });

  test("goes on at the source from where a seed failed, and asks it no more for a while", async () => {
    seeds.script = (block) => (block === 2 ? new UnavailableError("the seed is gone") : undefined);
    const task = await (await engineWith()).open(request);
    await task.want({ offset: 0, length: 4 * MIB }, "demand");
    await sample(task, 0);
    assert.equal(seeds.reads.length, 1);
    assert.equal(swarm.source.reads[0]?.offset, 2 * MIB);
    await sample(task, 8 * MIB);
    assert.equal(seeds.reads.length, 1);
    assert.equal(task.record.bytesFromPeers, 2 * MIB);
    await task.close();
  });

  test("has what its seed has no time for of the source, at once, and other pieces of the seed", async () => {
    seeds.script = (block) => (block === 8 ? new LimitError("streams another part") : undefined);
    const task = await (await engineWith()).open(request);
    await sample(task, 8 * MIB);
    await sample(task, 9 * MIB);
    await sample(task, 20 * MIB);
    assert.deepEqual(
      seeds.reads.map(({ offset }) => offset / MIB),
      [8, 20],
    );
    assert.deepEqual(
      swarm.source.reads.map(({ offset }) => offset / MIB),
      [8, 9],
    );
    await task.close();
  });

  test("that is streamed elsewhere has no time for a missing block far from that, but for those near it", async () => {
    const far = 4 * SEED_ASIDE_BLOCKS;
    swarm = new ScriptedSwarm((far + 1) * MIB);
    const task = await (await engineWith({ isSeed: true })).open(request);
    await sample(task, (far - 1) * MIB);
    assert.equal(task.isBusyFarFrom(far), false, "nothing is streamed");
    let openGate = () => {};
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    swarm.source.script = () => ({ gate: () => gate });
    const streamed = task.want({ offset: 0, length: SEED_ASIDE_BLOCKS * MIB }, "demand");
    while (swarm.source.reads.length <= TASK_FETCHES_MAX / 2)
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(
      [0, SEED_ASIDE_BLOCKS, far - 1, far].map((block) => task.isBusyFarFrom(block)),
      [false, false, false, true],
    );
    openGate();
    await streamed;
    await task.close();
  });

  test("shows no byte of a seed that lies, and has it of the source", async () => {
    seeds.script = () => new IntegrityError("the seed sent other bytes than it says");
    const task = await (await engineWith()).open(request);
    await sample(task, 0);
    assert.equal(task.record.bytesFromPeers, 0);
    assert.equal(task.record.bytesFromSource, MIB);
    await task.close();
  });

  test("has a block of the source as well when a seed says nothing for too long", async () => {
    let answer = () => {};
    const silence = new Promise<void>((resolve) => {
      answer = resolve;
    });
    seeds.script = () => silence;
    const task = await (await engineWith()).open(request);
    const begun = performance.now();
    await sample(task, 0);
    assert.ok(performance.now() - begun >= HEDGE_MS - 100);
    assert.equal(swarm.source.reads.length, 1);
    answer();
    await task.close();
  });

  test("and then read on is registered, and a reader who jumps ahead of its parents asks the seed", async () => {
    swarm.scheduler.place({ kind: "parents", parents: [parentNamed("a")] });
    swarm.announcements.announce("a", [0, 1]);
    const task = await (await engineWith()).open(request);
    for (let piece = 0; piece <= SAMPLED_PIECES_MAX; piece += 1) await sample(task, piece * PIECE_BYTES);
    assert.equal(swarm.scheduler.sessions.length, 1);
    const before = seeds.reads.length;
    await sample(task, 14 * PIECE_BYTES);
    assert.equal(seeds.reads.length, before + 1);
    assert.deepEqual(swarm.source.reads, []);
    await task.close();
  });

  test("two readers of one piece at the same time both ask the seed", async () => {
    let answer = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    seeds.script = (block) => (block === 1 ? gate : undefined);
    const task = await (await engineWith()).open(request);
    const first = sample(task, MIB);
    await sample(task, 3 * MIB);
    answer();
    await first;
    assert.equal(seeds.reads.length, 2);
    assert.deepEqual(swarm.source.reads, []);
    await task.close();
  });

  test("on a seed comes from the source at once, whatever parents may have soon", async () => {
    swarm.scheduler.place({ kind: "parents", parents: [parentNamed("a")] });
    // Whoever waited for a parent would wait for ever.
    const engine = await engineWith({ isSeed: true }, new FakeClock());
    const task = await engine.open(request);
    for (let piece = 0; piece < 2 * SAMPLED_PIECES_MAX; piece += 1) await sample(task, piece * PIECE_BYTES);
    assert.equal(swarm.source.reads.length, 2 * SAMPLED_PIECES_MAX);
    await task.close();
  });

  test("whose source has no ranges is had of it whole", async () => {
    swarm.source.ranges = false;
    const task = await (await engineWith()).open(request);
    await sample(task, 0);
    assert.deepEqual(seeds.reads, []);
    await task.close();
  });
});
