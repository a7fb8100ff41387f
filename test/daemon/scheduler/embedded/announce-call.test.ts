/** The stream around a conversation: what becomes of a client that does not listen. */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { SCHEDULER_UNTAKEN_MAX } from "../../../../base/limits.ts";
import {
  AnnounceCall,
  type AnnouncePeerStream,
} from "../../../../daemon/scheduler/embedded/announce-call.ts";
import { harness, hostMessage, registering } from "./fixtures.ts";

test("a client that takes none of its answers is refused after so many of them", () => {
  const { swarm, conversation, clock } = harness();
  swarm.announceHost(hostMessage("a"), 300_000);
  let answers = 0;
  const stream = Object.assign(new EventEmitter(), {
    write: () => {
      answers += 1;
      return false;
    },
    end: () => {},
  });
  const refusals: { code: number; details: string }[] = [];
  let closed = 0;
  new AnnounceCall({
    stream: stream as unknown as AnnouncePeerStream,
    conversation: conversation(),
    clock,
    sendSeed: () => {},
    onHeard: () => {},
    onWaiting: () => {},
    onClosed: () => {
      closed += 1;
    },
  });
  stream.on("error", (refusal) => void refusals.push(refusal));
  for (let count = 0; count <= SCHEDULER_UNTAKEN_MAX; count += 1) {
    assert.deepEqual(refusals, []);
    stream.emit("data", registering({ hostId: "a", peerId: `p${count}` }, { metadataOnly: true }));
  }
  assert.equal(answers, SCHEDULER_UNTAKEN_MAX);
  assert.deepEqual(refusals, [
    { code: status.RESOURCE_EXHAUSTED, details: "the client takes none of its answers" },
  ]);
  assert.equal(closed, 1);
});
