/** A conversation's stream against a scheduler that answers late, takes nothing, or never closes: every wait has its end. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, test } from "node:test";
import { FakeClock } from "../../../../base/clock.ts";
import {
  ANNOUNCE_END_MS,
  ANNOUNCE_SEND_MS,
  ANNOUNCE_WAITING_MAX,
  REGISTER_ANSWER_MS,
} from "../../../../base/limits.ts";
import {
  AnnounceStream,
  type AnnounceStreamOptions,
} from "../../../../daemon/scheduler/cluster/announce-stream.ts";
import { PeerConversation } from "../../../../daemon/scheduler/cluster/peer-conversation.ts";
import { standardTaskId } from "../../../../daemon/task/ids.ts";
import type { AnnouncePeerRequest } from "../../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse } from "../../../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { Scheduler } from "../../../../proto/load.ts";

/** The client's end of a call in memory: what is written is kept, and taken at once or when told. */
class MemoryCall extends EventEmitter {
  readonly written: AnnouncePeerRequest[] = [];
  takes = true;
  cancelled = false;
  readonly #untaken: (() => void)[] = [];

  write(message: AnnouncePeerRequest, taken: () => void): boolean {
    this.written.push(message);
    if (this.takes) queueMicrotask(taken);
    else this.#untaken.push(taken);
    return this.takes;
  }

  take(): void {
    for (const taken of this.#untaken.splice(0)) taken();
  }

  cancel(): void {
    this.cancelled = true;
  }

  says(response: AnnouncePeerResponse): void {
    const { responseSerialize, responseDeserialize } = Scheduler.service.AnnouncePeer;
    this.emit("data", responseDeserialize(responseSerialize(response)));
  }

  ends(code = 0, details = ""): void {
    this.emit("status", { code, details });
  }
}

const url = "http://origin/file";
const NORMAL = {
  normalTaskResponse: { candidateParents: [{ id: "p", host: { id: "h", ip: "10.0.0.9", port: 4000 } }] },
};

function talking(more: Partial<AnnounceStreamOptions> = {}) {
  const clock = new FakeClock();
  const calls: MemoryCall[] = [];
  const closed: { inOrder: boolean; reason: string | undefined }[] = [];
  const conversation = new PeerConversation({
    hostId: "me",
    registration: {
      taskId: standardTaskId({ url }),
      peerId: "me-1",
      url,
      tag: "",
      application: "",
      contentLength: 8 * 2 ** 20,
      pieceLength: 4 * 2 ** 20,
      pieceCount: 2,
    },
    scheduleCountMax: 5,
    concurrentPieceCount: 8,
    withoutMetadataOnly: false,
    now: () => clock.nowMs(),
  });
  const stream = new AnnounceStream({
    clock,
    what: "the scheduler s",
    conversation,
    scheduleTimeoutMs: 10_800_000,
    open: () => {
      const call = new MemoryCall();
      calls.push(call);
      return call as never;
    },
    onClosed: ({ inOrder, error }) => closed.push({ inOrder, reason: error?.message }),
    ...more,
  });
  stream.begin();
  const call = calls[0];
  assert.ok(call);
  return { clock, stream, call, calls, closed };
}

const piece = (number: number) => ({ number, offset: 0, length: 1, digest: "", costMs: 1 });

describe("a conversation's stream", () => {
  test("sends whoever waits for an answer to the source when its time is over, and tells him of parents that come later", async () => {
    const { clock, stream, call } = talking();
    await Promise.resolve();
    const kinds: string[] = [];
    stream.onPlacement(() => kinds.push(stream.placement().kind));
    clock.advance(REGISTER_ANSWER_MS - 1);
    assert.deepEqual(kinds, []);
    clock.advance(1);
    call.says(NORMAL);
    assert.deepEqual(kinds, ["back-to-source", "parents"]);
    stream.reschedule("slow");
    await Promise.resolve();
    clock.advance(REGISTER_ANSWER_MS);
    assert.deepEqual(kinds, ["back-to-source", "parents", "unknown", "back-to-source"]);
  });

  test("is cut when the connection takes nothing for too long, and no report is kept beyond the bound", async () => {
    const { clock, stream, call, closed } = talking();
    await Promise.resolve();
    call.says(NORMAL);
    await Promise.resolve();
    call.takes = false;
    const before = call.written.length;
    for (let number = 0; number < ANNOUNCE_WAITING_MAX + 50; number += 1) stream.pieceFinished(piece(number));
    assert.equal(call.written.length, before + ANNOUNCE_WAITING_MAX);
    clock.advance(ANNOUNCE_SEND_MS - 1);
    assert.deepEqual(closed, []);
    clock.advance(1);
    assert.deepEqual(closed, [{ inOrder: false, reason: "the scheduler s: it takes no messages" }]);
    assert.equal(call.cancelled, true);
    assert.equal(stream.placement().kind, "parents", "the parents are as good as before");
    assert.equal(clock.pending, 0);
  });

  test("that is slow but takes what it is given is not cut", async () => {
    const { clock, stream, call, closed } = talking();
    await Promise.resolve();
    call.says(NORMAL);
    await Promise.resolve();
    call.takes = false;
    for (let number = 0; number < 5; number += 1) {
      stream.pieceFinished(piece(number));
      clock.advance(ANNOUNCE_SEND_MS - 1);
      call.take();
    }
    clock.advance(ANNOUNCE_SEND_MS * 2);
    assert.deepEqual(closed, []);
  });

  test("waits for the scheduler to close its side, and not for ever", async () => {
    const patient = talking();
    patient.call.says(NORMAL);
    const inOrder = patient.stream.end("finished");
    patient.call.ends();
    await inOrder;
    assert.deepEqual(patient.closed, [{ inOrder: true, reason: undefined }]);
    assert.equal(patient.stream.endedInOrder, true);
    const hanging = talking();
    hanging.call.says(NORMAL);
    const cut = hanging.stream.end("idle");
    hanging.clock.advance(ANNOUNCE_END_MS);
    await cut;
    assert.equal(hanging.closed[0]?.inOrder, false);
    assert.equal(hanging.clock.pending, 0);
  });

  test("ends a finished download that was never answered", async () => {
    const { clock, stream, call } = talking();
    const end = stream.end("finished");
    clock.advance(ANNOUNCE_END_MS);
    await end;
    assert.equal(call.cancelled, true);
    assert.equal(call.written.length, 1, "nothing but the registration was said");
    await stream.end("failed");
  });

  test("that the scheduler ends by itself leaves its peer with what it has", () => {
    const { stream, call, closed } = talking();
    call.ends(5, "LEVEL2 peer not found candidate peers");
    assert.deepEqual(stream.placement(), {
      kind: "back-to-source",
      reason: "the scheduler s: LEVEL2 peer not found candidate peers",
    });
    assert.equal(closed.length, 1);
    stream.pieceFinished(piece(0));
    stream.reschedule("x");
    assert.equal(call.written.length, 1);
  });

  test("registers once more when the first try was refused and the scheduler knows the host again, and only once", async () => {
    let asked = 0;
    const { stream, calls, closed } = talking({
      mayRetry: async () => {
        asked += 1;
        return true;
      },
    });
    stream.pieceFinished(piece(0));
    calls[0]?.ends(5, "peer me-1 not found");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(calls.length, 2);
    assert.deepEqual(closed, []);
    calls[1]?.says(NORMAL);
    assert.equal(calls[1]?.written.length, 3, "registration, started, and the piece that came before");
    const again = talking({ mayRetry: async () => true });
    again.calls[0]?.ends(14, "gone");
    await new Promise((resolve) => setImmediate(resolve));
    again.calls[1]?.ends(14, "gone");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(again.calls.length, 2);
    assert.equal(again.closed.length, 1);
    assert.equal(asked, 1);
  });
});
