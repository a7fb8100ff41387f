/** Downloads for which the source is forbidden: they have of other hosts what these have, and fail with a reason where that is nothing. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { IntegrityError, UnavailableError } from "../../../base/errors.ts";
import type { Engine } from "../../../daemon/engine/engine.ts";
import type { OpenTask } from "../../../daemon/engine/open-task.ts";
import { failureOf } from "../../base/promises.ts";
import {
  assertWhole,
  enginesOfThisFile,
  PIECE_BYTES,
  request as plainRequest,
  ScriptedSwarm,
} from "./engine-world.ts";
import { parentNamed } from "./scripted-parents.ts";

const PIECES = 4;
const request = { ...plainRequest, disableBackToSource: true };
const makeEngine = enginesOfThisFile();

let swarm: ScriptedSwarm;
let engine: Engine;

beforeEach(async () => {
  swarm = new ScriptedSwarm(PIECES * PIECE_BYTES);
  engine = await makeEngine(swarm.options);
});

function assertFromParents(task: OpenTask): void {
  assertWhole(task);
  assert.deepEqual(swarm.source.reads, []);
}

describe("a download without the source", () => {
  test("has all of it from its parents, one read for a header included", async () => {
    swarm.scheduler.place({ kind: "parents", parents: [parentNamed("a")] });
    swarm.announcements.announce("a", swarm.pieces);
    const task = await engine.open(request);
    await task.want({ offset: 0, length: 8 }, "demand");
    await task.finish("copy");
    assertFromParents(task);
    assert.equal(swarm.scheduler.sessions[0]?.registration.disableBackToSource, true);
    await task.close();
  });

  test("waits for pieces that its parents get", async () => {
    swarm.scheduler.place({ kind: "parents", parents: [parentNamed("a")] });
    swarm.announcements.announce("a", [0, 1]);
    const task = await engine.open(request);
    const done = task.finish("copy");
    while (task.piecesFinished < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    swarm.announcements.announce("a", [2, 3]);
    await done;
    assertFromParents(task);
    await task.close();
  });

  test("fails with the scheduler's reason when nobody has it", async () => {
    swarm.scheduler.place({ kind: "back-to-source", reason: "no available parents" });
    const task = await engine.open(request);
    const failure = await failureOf(task.finish("copy"));
    assert.equal(failure.code, "UNAVAILABLE");
    assert.match(failure.message, /the source is not to be asked, and no available parents/);
    const blocked = await failureOf(task.want({ offset: 0, length: 8 }, "demand"));
    assert.match(blocked.message, /no available parents/);
    assert.deepEqual(swarm.source.reads, []);
    await task.close();
  });

  test("fails with the reason when there is no scheduler", async () => {
    swarm.scheduler.down = new UnavailableError("no scheduler serves");
    const task = await engine.open(request);
    const failure = await failureOf(task.finish("copy"));
    assert.match(failure.message, /no scheduler serves/);
    assert.deepEqual(swarm.source.reads, []);
    await task.close();
  });

  test("asks for other parents when its own are of no use, and ends with what the scheduler says then", async () => {
    swarm.scheduler.place({ kind: "parents", parents: [parentNamed("a")] });
    swarm.announcements.announce("a", swarm.pieces);
    swarm.transport.script = () => new IntegrityError("the parent lies");
    const task = await engine.open(request);
    const failed = failureOf(task.finish("copy"));
    const told = () => swarm.scheduler.sessions[0]?.reschedules.length ?? 0;
    while (told() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    swarm.scheduler.place({ kind: "back-to-source", reason: "max schedule count exceeded" });
    assert.match((await failed).message, /max schedule count exceeded/);
    assert.deepEqual(swarm.source.reads, []);
    await task.close();
  });

  test("leaves others who may ask the source alone", async () => {
    swarm.scheduler.place({ kind: "back-to-source", reason: "no available parents" });
    const forbidden = await engine.open(request);
    const free = await engine.open({ ...request, disableBackToSource: false });
    await failureOf(forbidden.want({ offset: 0, length: 8 }, "demand"));
    await free.finish("copy");
    assert.ok(swarm.source.reads.length > 0);
    await forbidden.finish("copy");
    assert.ok(forbidden.complete, "what is here serves all");
    await Promise.all([forbidden.close(), free.close()]);
  });
});
