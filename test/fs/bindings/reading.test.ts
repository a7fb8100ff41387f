/** What is read on the main thread and what is not, and that a short content file is an error. */
import assert from "node:assert/strict";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { P2pfsError } from "../../../base/errors.ts";
import {
  WARM_DISTRUST_MS,
  WARM_RANGE_BYTES,
  WARM_RANGE_MS,
  WARM_READ_SLOW_MS,
} from "../../../base/limits.ts";
import { ContentReader } from "../../../fs/bindings/fuse-native/reading.ts";
import { WarmRanges } from "../../../fs/bindings/fuse-native/warm-ranges.ts";
import type { ReadPlan } from "../../../fs/opened-file.ts";

async function contentFile(t: TestContext, text: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-content-"));
  writeFileSync(join(folder, "content"), text);
  const fd = openSync(join(folder, "content"), "r");
  t.after(async () => {
    closeSync(fd);
    await rm(folder, { recursive: true });
  });
  return fd;
}

/** A plan that counts how often it was ended. */
function planFor(fd: number, length: number, options: Partial<ReadPlan> = {}) {
  const counted = { ends: 0 };
  const plan: ReadPlan = {
    bytes: undefined,
    fd,
    offset: 0,
    length,
    recent: false,
    contentNumber: 1,
    end: () => {
      counted.ends += 1;
    },
    ...options,
  };
  return { plan, counted };
}

const isIo = (error: unknown) => error instanceof P2pfsError && error.code === "IO";

test("what was just written or read is read at once, anything else by a worker", async (t) => {
  const fd = await contentFile(t, "hello world");
  const reader = new ContentReader(new FakeClock());
  const buffer = Buffer.alloc(5);
  const cold = planFor(fd, 5);
  const filling = reader.fill(cold.plan, buffer);
  assert.ok(filling instanceof Promise);
  await filling;
  assert.equal(buffer.toString(), "hello");
  const again = planFor(fd, 5);
  assert.equal(reader.fill(again.plan, buffer.fill(0)), undefined);
  assert.equal(buffer.toString(), "hello");
  const written = planFor(fd, 5, { offset: 6, recent: true, contentNumber: 2 });
  assert.equal(reader.fill(written.plan, buffer), undefined);
  assert.equal(buffer.toString(), "world");
  assert.deepEqual([cold.counted.ends, again.counted.ends, written.counted.ends], [1, 1, 1]);
});

test("a content file with fewer bytes than it must have is an error, and the plan ends", async (t) => {
  const fd = await contentFile(t, "short");
  const reader = new ContentReader(new FakeClock());
  const now = planFor(fd, 10, { recent: true });
  assert.throws(() => reader.fill(now.plan, Buffer.alloc(10)), isIo);
  const later = planFor(fd, 10);
  await assert.rejects(async () => reader.fill(later.plan, Buffer.alloc(10)), isIo);
  const closed = planFor(2 ** 20, 10);
  await assert.rejects(async () => reader.fill(closed.plan, Buffer.alloc(10)), P2pfsError);
  assert.deepEqual([now.counted.ends, later.counted.ends, closed.counted.ends], [1, 1, 1]);
});

test("given bytes and empty reads touch no file", () => {
  const reader = new ContentReader(new FakeClock());
  const buffer = Buffer.alloc(3);
  assert.equal(reader.fill(planFor(-1, 3, { bytes: Buffer.from("abc") }).plan, buffer), undefined);
  assert.equal(buffer.toString(), "abc");
  assert.equal(reader.fill(planFor(-1, 0).plan, buffer), undefined);
});

test("a stretch is warm when all of it was read, for a minute, in the content it was read in", () => {
  const clock = new FakeClock();
  const warm = new WarmRanges(clock);
  warm.note(1, 0, 2 * WARM_RANGE_BYTES);
  assert.equal(warm.isWarm(1, 100, 2 * WARM_RANGE_BYTES - 100), true);
  assert.equal(warm.isWarm(1, 100, 2 * WARM_RANGE_BYTES), false);
  assert.equal(warm.isWarm(2, 0, 1), false);
  clock.advance(WARM_RANGE_MS + 1);
  assert.equal(warm.isWarm(1, 0, 1), false);
});

test("no more stretches are remembered than the bound, the longest unread go", () => {
  const warm = new WarmRanges(new FakeClock(), 4);
  for (let n = 0; n < 10; n++) {
    warm.note(1, n * WARM_RANGE_BYTES, 1);
    warm.note(1, 0, 1);
  }
  assert.equal(warm.size, 4);
  assert.equal(warm.isWarm(1, 0, 1), true);
  assert.equal(warm.isWarm(1, WARM_RANGE_BYTES, 1), false);
});

test("after a slow read nothing is read on the main thread for a while", () => {
  const clock = new FakeClock();
  const warm = new WarmRanges(clock);
  warm.timed(WARM_READ_SLOW_MS);
  assert.equal(warm.trusted, true);
  warm.timed(WARM_READ_SLOW_MS + 0.1);
  assert.equal(warm.trusted, false);
  clock.advance(WARM_DISTRUST_MS);
  assert.equal(warm.trusted, true);
});
