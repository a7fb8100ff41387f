/** How many may listen at once, and how much is fetched for one of them, reached. */
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { SYNC_LOOK_MS, SYNC_PULLS_MAX, SYNCS_MAX } from "../../../base/limits.ts";
import type { OpenTask } from "../../../daemon/engine/open-task.ts";
import { HostSyncs } from "../../../daemon/server/sync-host.ts";
import { PieceSyncs } from "../../../daemon/server/sync-pieces.ts";
import type { TaskRecord } from "../../../daemon/task/task-record.ts";
import { until } from "../../base/promises.ts";

const MIB = 1024 * 1024;
const TASK = "ab".repeat(32);
const PIECES = 3 * SYNC_PULLS_MAX;

/** A task that is read here and of which nothing comes until the test says so. */
function wantedTask() {
  const wants: { offset: number; length: number; priority: string; come: () => void }[] = [];
  const record = { id: TASK, contentLength: PIECES * 4 * MIB, pieceLength: 4 * MIB } as TaskRecord;
  const task = {
    id: TASK,
    record,
    complete: false,
    isWanted: true,
    onPiece: () => () => {},
    finishedPieces: async () => [],
    want: ({ offset, length }, priority, signal) =>
      new Promise<void>((resolve, reject) => {
        wants.push({ offset, length, priority, come: resolve });
        signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    close: async () => {},
  } as Pick<OpenTask, "want"> as OpenTask;
  return { task, record, wants };
}

function syncsOf({ task, record }: ReturnType<typeof wantedTask>, clock: FakeClock): PieceSyncs {
  const engine = { record: () => record, openKnown: async () => task };
  return new PieceSyncs({ engine, clock, address: () => ({ ip: "10.0.0.1", tcpPort: 4005 }), shares: true });
}

const question = (interestedPieceNumbers: number[]) => ({
  hostId: "child",
  taskId: TASK,
  interestedPieceNumbers,
});

test("more children than the bound are refused, and one that leaves makes room", async () => {
  const syncs = syncsOf(wantedTask(), new FakeClock());
  const leaving = new AbortController();
  const listen = (signal: AbortSignal) => syncs.serve(question([0]), async () => {}, signal);
  const first = listen(leaving.signal);
  const staying = new AbortController();
  setMaxListeners(0, staying.signal);
  const others = Array.from({ length: SYNCS_MAX - 1 }, () => listen(staying.signal));
  assert.equal(syncs.count, SYNCS_MAX);
  await assert.rejects(listen(staying.signal), { code: "TOO_MANY" });
  leaving.abort(new Error("gone"));
  await assert.rejects(first, /gone/);
  others.push(listen(staying.signal));
  assert.equal(syncs.count, SYNCS_MAX);
  staying.abort(new Error("over"));
  await Promise.allSettled(others);
  assert.equal(syncs.count, 0);
});

test("more watchers of the load than the bound are refused", async () => {
  const network = async () => ({ maxReceiveRate: 1, maxSendRate: 1 });
  const syncs = new HostSyncs({ clock: new FakeClock(), network });
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const watch = () => syncs.serve({ hostId: "h", peerId: "p" }, async () => {}, over.signal);
  const all = Array.from({ length: SYNCS_MAX }, watch);
  await assert.rejects(watch(), { code: "TOO_MANY" });
  over.abort(new Error("over"));
  await Promise.allSettled(all);
  assert.equal(syncs.count, 0);
});

test("a child with a long list of scattered pieces is fetched a few at a time, last in every queue, neighbours as one", async () => {
  const world = wantedTask();
  const clock = new FakeClock();
  const syncs = syncsOf(world, clock);
  const gone = new AbortController();
  const scattered = Array.from({ length: PIECES / 2 }, (_, index) => index * 2);
  const over = syncs.serve(question([...scattered, 1]), async () => {}, gone.signal);
  over.catch(() => {});
  await until(() => world.wants.length === SYNC_PULLS_MAX);
  const [first] = world.wants;
  assert.deepEqual([first?.offset, first?.length], [0, 12 * MIB]);
  assert.ok(world.wants.every(({ priority }) => priority === "seed"));
  clock.advance(SYNC_LOOK_MS);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(world.wants.length, SYNC_PULLS_MAX, "no more before these came");
  for (const { come } of world.wants.slice(0, SYNC_PULLS_MAX)) come();
  const beat = setInterval(() => clock.advance(SYNC_LOOK_MS), 5);
  await until(() => world.wants.length > SYNC_PULLS_MAX).finally(() => clearInterval(beat));
  gone.abort(new Error("gone"));
  await assert.rejects(over, /gone/);
});
