/** One stream of a peer from the scheduler's side: answers, waiting, what is refused. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SCHEDULE_RETRY_MS, SEED_BEGIN_MS } from "../../../../base/limits.ts";
import type { Conversation, Reaction } from "../../../../daemon/scheduler/embedded/conversation.ts";
import { harness, hostMessage, message, registering, type SwarmHarness } from "./fixtures.ts";

const A = { hostId: "a", peerId: "a-1" };
const B = { hostId: "b", peerId: "b-1" };

function withHosts(options = {}): SwarmHarness {
  const made = harness(options);
  for (const id of ["a", "b", "c"]) made.swarm.announceHost(hostMessage(id), 300_000);
  return made;
}

/** Lets time pass until there is an answer, as the stream does. */
function answered(conversation: Conversation, { clock }: SwarmHarness): Reaction {
  for (let looks = 0; looks < 100; looks += 1) {
    const reaction = conversation.look();
    if (reaction.answer !== undefined) return reaction;
    assert.ok(conversation.lookAtMs !== undefined, "it waits");
    clock.advance(Math.max(0, conversation.lookAtMs - clock.monotonicMs()));
  }
  assert.fail("no answer");
}

describe("a conversation", () => {
  test("that goes to the source is answered at once, and ends with the last word", () => {
    const { conversation, swarm } = withHosts();
    const stream = conversation();
    const { answer } = stream.hear(registering(A));
    assert.equal(answer?.needBackToSourceResponse?.description, "peer's NeedBackToSource is true");
    assert.deepEqual(stream.hear(message(A, { downloadPeerBackToSourceStartedRequest: {} })), {});
    const end = stream.hear(message(A, { downloadPeerBackToSourceFinishedRequest: {} }));
    assert.deepEqual(end, { end: true });
    assert.equal(swarm.mustPeer("a-1").task.state, "Succeeded");
  });

  test("whose peer finds nobody goes to the source after four looks and some two seconds", () => {
    const made = withHosts();
    const first = made.conversation();
    first.hear(registering(A));
    const second = made.conversation();
    assert.deepEqual(second.hear(registering(B)), {});
    const beganMs = made.clock.monotonicMs();
    const { answer } = answered(second, made);
    assert.equal(answer?.needBackToSourceResponse?.description, "scheduling exceeded RetryBackToSourceLimit");
    const tookMs = made.clock.monotonicMs() - beganMs;
    assert.ok(tookMs >= 3 * SCHEDULE_RETRY_MS && tookMs <= 6 * SCHEDULE_RETRY_MS, `${tookMs} ms`);
  });

  test("waits longer for a seed that was sent and has not begun, and no longer once that failed", () => {
    for (const fails of [false, true]) {
      const made = withHosts({ hasSeed: () => true });
      const stream = made.conversation();
      const { seed } = stream.hear(registering(A));
      assert.ok(seed);
      const beganMs = made.clock.monotonicMs();
      if (fails) made.downloads.seedReturned(seed.task, seed.peer, true);
      const { answer } = answered(stream, made);
      assert.ok(answer?.needBackToSourceResponse);
      const tookMs = made.clock.monotonicMs() - beganMs;
      assert.ok(fails ? tookMs < SCHEDULE_RETRY_MS : tookMs >= SEED_BEGIN_MS, `${tookMs} ms`);
    }
  });

  test("gets the seed as its parent as soon as that has begun", () => {
    const made = withHosts({ hasSeed: () => true });
    made.swarm.announceHost(hostMessage("s", { type: 1 }), 0);
    const stream = made.conversation();
    stream.hear(registering(A));
    const seed = made.conversation();
    const S = { hostId: "s", peerId: "s-1" };
    assert.ok(seed.hear(registering(S, { needBackToSource: true })).answer?.needBackToSourceResponse);
    seed.hear(message(S, { downloadPeerBackToSourceStartedRequest: {} }));
    const parents = stream.look().answer?.normalTaskResponse?.candidateParents;
    assert.deepEqual(
      parents?.map(({ id, state }) => [id, state]),
      [["s-1", "BackToSource"]],
    );
  });

  test("of a peer that holds all, or wants nothing, is over in a word", () => {
    const { conversation } = withHosts();
    assert.deepEqual(conversation().hear(registering(A, { metadataOnly: true })).answer, {
      metadataOnlyResponse: {},
    });
    const empty = registering({ ...B, taskId: "empty" }, { actualContentLength: 0, actualPieceCount: 0 });
    assert.deepEqual(conversation().hear(empty).answer, { emptyTaskResponse: {} });
  });

  test("of a host that registers many at once is let wait, its first not at all", () => {
    const made = withHosts();
    made.conversation().hear(registering(A));
    const rests = Array.from({ length: 8 }, (_, index) => {
      const stream = made.conversation();
      stream.hear(registering({ hostId: "b", peerId: `b-${index}` }));
      return (stream.worthALookAtMs ?? 0) - made.clock.monotonicMs();
    });
    assert.deepEqual(rests, [0, 30, 60, 120, 240, 480, 960, 1000]);
  });

  test("ends with an error for what is out of place, and goes on after reports nobody can use", () => {
    const { conversation } = withHosts();
    const stream = conversation();
    const piece = { number: 1, digest: "", cost: { seconds: 0 }, createdAt: { seconds: 1 } };
    assert.deepEqual(stream.hear(message(A, { downloadPieceFinishedRequest: { piece } })), {});
    assert.throws(() => stream.hear(message(A, { downloadPeerStartedRequest: {} })), {
      code: "NOT_FOUND",
      message: "peer a-1 not found",
    });
    stream.hear(registering(A));
    stream.hear(message(A, { downloadPeerFailedRequest: {} }));
    assert.throws(() => stream.hear(message(A, { downloadPeerStartedRequest: {} })), { code: "INTERNAL" });
  });

  test("whose peer is forgotten while it waits ends", () => {
    const made = withHosts();
    made.conversation().hear(registering(A));
    const waiting = made.conversation();
    waiting.hear(registering(B));
    made.swarm.deleteHost("b");
    made.clock.advance(1);
    assert.throws(() => waiting.look(), { code: "NOT_FOUND" });
    assert.equal(waiting.waitsFor, undefined);
  });
});
