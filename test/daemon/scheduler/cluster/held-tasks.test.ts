/** What is held is told of one at a time, again where it may be forgotten, and taken back. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FakeClock } from "../../../../base/clock.ts";
import { HELD_TASK_REST_MS, HELD_TASKS_ANNOUNCED_MAX, HELD_TASKS_LOOK_MS } from "../../../../base/limits.ts";
import { type HeldTask, HeldTasks } from "../../../../daemon/scheduler/cluster/held-tasks.ts";

function task(taskId: string): HeldTask {
  return {
    taskId,
    url: "http://origin/x",
    tag: "",
    application: "",
    contentLength: 1,
    pieceLength: 4 * 2 ** 20,
    pieceCount: 1,
  };
}

function setUp(t: TestContext, ids: readonly string[]) {
  const clock = new FakeClock();
  const state = {
    held: ids.map(task),
    owner: "s 0" as string | undefined,
    works: true,
    running: new Set<string>(),
    announced: [] as string[],
    forgotten: [] as string[],
    compared: 0,
  };
  const tasks = new HeldTasks({
    clock,
    held: () => {
      state.compared += 1;
      return state.held;
    },
    heldMark: () => state.held.map(({ taskId }) => taskId).join(),
    owner: () => state.owner,
    announce: async ({ taskId }) => {
      state.announced.push(taskId);
      return state.works;
    },
    forget: async (taskId) => void state.forgotten.push(taskId),
    isRunning: (taskId) => state.running.has(taskId),
  });
  t.after(() => tasks.close());
  /** Lets what is due happen, in steps of a rest. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += HELD_TASK_REST_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(HELD_TASK_REST_MS);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, tasks, state, pass };
}

test("held tasks are told one after the other, with a rest after each, and once", async (t) => {
  const { tasks, state, pass } = setUp(t, ["a", "b", "c"]);
  tasks.look();
  await pass(0);
  assert.deepEqual(state.announced, ["a"]);
  await pass(HELD_TASK_REST_MS);
  assert.deepEqual(state.announced, ["a", "b"]);
  await pass(3 * HELD_TASKS_LOOK_MS);
  assert.deepEqual(state.announced, ["a", "b", "c"]);
  assert.equal(state.compared, 1, "there was nothing new to tell");
  state.held = [...state.held, task("d")];
  await pass(2 * HELD_TASKS_LOOK_MS);
  assert.deepEqual(state.announced, ["a", "b", "c", "d"]);
});

test("a scheduler that may have forgotten them is told again, and one that did not hear is asked again", async (t) => {
  const { tasks, state, pass } = setUp(t, ["a", "b"]);
  tasks.look();
  await pass(HELD_TASKS_LOOK_MS);
  state.owner = "s 1";
  tasks.look();
  await pass(1_000);
  assert.deepEqual(state.announced, ["a", "b", "a", "b"]);
  state.owner = "s 2";
  state.works = false;
  tasks.look();
  await pass(1_000);
  state.works = true;
  await pass(HELD_TASKS_LOOK_MS + 1_000);
  assert.deepEqual(state.announced.slice(4), ["a", "b", "a", "b"]);
});

test("without a scheduler, and for what a running download tells itself, nothing is said", async (t) => {
  const { tasks, state, pass } = setUp(t, ["a", "b"]);
  state.owner = undefined;
  tasks.look();
  await pass(HELD_TASKS_LOOK_MS);
  assert.deepEqual(state.announced, []);
  state.owner = "s 0";
  state.running.add("a");
  tasks.told("b", "s 0");
  await pass(HELD_TASKS_LOOK_MS + 1_000);
  assert.deepEqual(state.announced, []);
});

test("what is here no more is taken back, unless it is just being fetched again", async (t) => {
  const { tasks, state, pass } = setUp(t, ["a", "b"]);
  tasks.look();
  await pass(1_000);
  state.held = [];
  state.running.add("b");
  tasks.look();
  await pass(1_000);
  assert.deepEqual(state.forgotten, ["a"]);
  state.running.clear();
  await pass(HELD_TASKS_LOOK_MS + 1_000);
  assert.deepEqual(state.forgotten, ["a", "b"]);
});

test("no more tasks are told of than the bound, and what is beyond it is not taken back", async (t) => {
  const ids = Array.from({ length: HELD_TASKS_ANNOUNCED_MAX + 5 }, (_, index) => `t${index}`);
  const { tasks, state, pass } = setUp(t, ids);
  for (const id of ids.toReversed()) tasks.told(id, "s 0");
  tasks.look();
  await pass(1_000);
  assert.deepEqual(state.announced, [], "those used last are known");
  assert.deepEqual(state.forgotten, []);
  state.held = ids.slice(0, 3).map(task);
  tasks.look();
  await pass(500);
  assert.equal(state.forgotten[0], ids[HELD_TASKS_ANNOUNCED_MAX - 1]);
});

test("closing ends a round, and what is closed looks no more", async (t) => {
  const { clock, tasks, state, pass } = setUp(t, ["a", "b", "c"]);
  tasks.look();
  await pass(0);
  await tasks.close();
  tasks.look();
  await pass(1_000);
  assert.deepEqual(state.announced, ["a"]);
  assert.equal(clock.pending, 0);
});
