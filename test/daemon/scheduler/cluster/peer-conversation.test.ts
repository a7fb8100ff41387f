/** The conversation as a state machine: what is said in which state, and what the placement is. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CANDIDATE_PARENTS_MAX, PIECES_BEFORE_ANSWER_MAX } from "../../../../base/limits.ts";
import { PeerConversation } from "../../../../daemon/scheduler/cluster/peer-conversation.ts";
import type { PeerRegistration } from "../../../../daemon/scheduler/scheduler.ts";
import { standardTaskId } from "../../../../daemon/task/ids.ts";
import type { AnnouncePeerRequest } from "../../../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import type { AnnouncePeerResponse } from "../../../../proto/gen/scheduler/v2/AnnouncePeerResponse.ts";
import { Scheduler } from "../../../../proto/load.ts";

const URL_ = "http://origin/file?a=1";

function conversation(
  more: Partial<PeerRegistration> = {},
  options: { scheduleCountMax?: number; old?: boolean } = {},
) {
  return new PeerConversation({
    hostId: "10.0.0.1-me",
    registration: {
      taskId: standardTaskId({ url: URL_ }),
      peerId: "10.0.0.1-me-1",
      url: URL_,
      tag: "",
      application: "",
      contentLength: 8 * 2 ** 20,
      pieceLength: 4 * 2 ** 20,
      pieceCount: 2,
      ...more,
    },
    scheduleCountMax: options.scheduleCountMax ?? 5,
    concurrentPieceCount: 8,
    withoutMetadataOnly: options.old ?? false,
    now: () => 1_700_000_000_500,
  });
}

/** As it comes off the wire. */
function answer(response: AnnouncePeerResponse) {
  const { requestSerialize: _, responseSerialize, responseDeserialize } = Scheduler.service.AnnouncePeer;
  return responseDeserialize(responseSerialize(response));
}

function peer(name: string, host: object = {}) {
  return { id: `${name}-peer`, host: { id: name, hostname: name, ip: "10.0.0.9", port: 4000, ...host } };
}

const NORMAL = answer({ normalTaskResponse: { candidateParents: [peer("b"), peer("c")] } });
const TO_SOURCE = answer({ needBackToSourceResponse: { description: "nobody has it" } });
const METADATA_ONLY = answer({ metadataOnlyResponse: {} });

/** The names of what is said. */
function said(messages: readonly AnnouncePeerRequest[]): string[] {
  return messages.flatMap((message) =>
    Object.keys(message).filter((key) => !["hostId", "taskId", "peerId"].includes(key)),
  );
}

const piece = { number: 1, offset: 4 * 2 ** 20, length: 4 * 2 ** 20, digest: "crc32:7", costMs: 1500 };

describe("a conversation", () => {
  test("tells pieces that came before the answer after it, and no sooner", () => {
    const talk = conversation();
    assert.deepEqual(said(talk.begin()), ["registerPeerRequest"]);
    assert.deepEqual(talk.pieceFinished(piece), []);
    assert.deepEqual(said(talk.answered(NORMAL)), [
      "downloadPeerStartedRequest",
      "downloadPieceBackToSourceFinishedRequest",
    ]);
    const [told] = talk.pieceFinished({ ...piece, parentId: "b-peer" });
    assert.deepEqual(told?.downloadPieceFinishedRequest?.piece, {
      number: 1,
      offset: 4 * 2 ** 20,
      length: 4 * 2 ** 20,
      digest: "crc32:7",
      parentId: "b-peer",
      trafficType: "REMOTE_PEER",
      cost: { seconds: 1, nanos: 5e8 },
      createdAt: { seconds: 1_700_000_000, nanos: 5e8 },
    });
  });

  test("remembers no more pieces before the answer than it says", () => {
    const talk = conversation();
    talk.begin();
    for (let number = 0; number < PIECES_BEFORE_ANSWER_MAX + 10; number += 1)
      talk.pieceFinished({ ...piece, number });
    assert.equal(talk.answered(TO_SOURCE).length, 1 + PIECES_BEFORE_ANSWER_MAX);
  });

  test("of a download that finished before the answer ends once it is there, as the answer wants it", () => {
    for (const [response, last] of [
      [NORMAL, "downloadPeerFinishedRequest"],
      [TO_SOURCE, "downloadPeerBackToSourceFinishedRequest"],
    ] as const) {
      const talk = conversation();
      talk.begin();
      assert.deepEqual(talk.end("finished"), []);
      assert.equal(said(talk.answered(response)).at(-1), last);
      assert.ok(talk.ended && talk.tellsWhole);
    }
  });

  test("of a download that nobody wants any more never says that the whole is here, nor that the source failed", () => {
    for (const response of [NORMAL, TO_SOURCE]) {
      const talk = conversation();
      talk.begin();
      talk.answered(response);
      talk.pieceFinished(piece);
      const [last] = talk.end("idle");
      assert.deepEqual(last?.downloadPeerFailedRequest, { description: "not all of it is wanted" });
      assert.ok(talk.ended && !talk.tellsWhole);
      assert.deepEqual(talk.pieceFinished(piece), [], "nothing follows a terminal message");
      assert.deepEqual(talk.end("finished"), []);
    }
  });

  test("gives all candidates back when it asks for others, and takes what it is given then", () => {
    const talk = conversation();
    talk.begin();
    talk.answered(NORMAL);
    const [asked] = talk.reschedule("both are slow");
    assert.deepEqual(
      asked?.reschedulePeerRequest?.candidateParents?.map(({ id }) => id),
      ["b-peer", "c-peer"],
    );
    assert.equal(talk.placement.kind, "unknown");
    assert.deepEqual(said(talk.answered(TO_SOURCE)), ["downloadPeerBackToSourceStartedRequest"]);
    assert.deepEqual(talk.placement, { kind: "back-to-source", reason: "nobody has it" });
    assert.deepEqual(talk.reschedule("again"), [], "there is nobody to ask for");
  });

  test("that is scheduled too often fails and goes to the source", () => {
    const talk = conversation({}, { scheduleCountMax: 2 });
    talk.begin();
    for (let count = 0; count < 2; count += 1) {
      assert.deepEqual(said(talk.answered(NORMAL)), ["downloadPeerStartedRequest"]);
      talk.reschedule("slow");
    }
    const [last] = talk.answered(NORMAL);
    assert.equal(last?.downloadPeerFailedRequest?.description, "max schedule count exceeded");
    assert.equal(talk.placement.kind, "back-to-source");
  });

  test("takes no parent that could not be asked, and not this host itself", () => {
    const talk = conversation();
    talk.begin();
    const candidateParents = [
      peer("10.0.0.1-me"),
      peer("name", { ip: "no-address" }),
      peer("port", { port: 0 }),
      peer("long", { id: "x".repeat(5000) }),
      { id: "hostless" },
      peer("good", { network: { maxTxBandwidth: 5, txBandwidth: 2 } }),
    ];
    talk.answered(answer({ normalTaskResponse: { candidateParents } }));
    assert.deepEqual(talk.placement, {
      kind: "parents",
      parents: [
        {
          peerId: "good-peer",
          hostId: "good",
          ip: "10.0.0.9",
          uploadPort: 4000,
          maxSendRate: 5,
          sendRate: 2,
        },
      ],
    });
    talk.answered(answer({ normalTaskResponse: { candidateParents: [peer("10.0.0.1-me")] } }));
    assert.equal(talk.placement.kind, "back-to-source");
  });

  test("takes no more parents of one answer than it can use", () => {
    const talk = conversation();
    talk.begin();
    const candidateParents = Array.from({ length: CANDIDATE_PARENTS_MAX + 10 }, (_, index) =>
      peer(`h${index}`),
    );
    talk.answered(answer({ normalTaskResponse: { candidateParents } }));
    assert.equal(talk.placement.kind === "parents" && talk.placement.parents.length, CANDIDATE_PARENTS_MAX);
  });

  test("keeps its parents when the scheduler is lost, and goes to the source when it has none", () => {
    const served = conversation();
    served.begin();
    served.answered(NORMAL);
    served.lose("it was killed");
    assert.equal(served.placement.kind, "parents");
    assert.deepEqual(served.reschedule("they are slow"), []);
    assert.deepEqual(served.placement, {
      kind: "back-to-source",
      reason: "they are slow, and the scheduler is gone",
    });
    const waiting = conversation();
    waiting.begin();
    waiting.lose("it was killed");
    assert.deepEqual(waiting.placement, { kind: "back-to-source", reason: "it was killed" });
  });

  test("goes to the source while no answer comes, and takes parents that come after all", () => {
    const talk = conversation();
    talk.begin();
    talk.unanswered("it thinks");
    assert.equal(talk.placement.kind, "back-to-source");
    talk.answered(NORMAL);
    assert.equal(talk.placement.kind, "parents");
  });

  test("fails over an answer that it does not know", () => {
    for (const response of [answer({}), METADATA_ONLY]) {
      const talk = conversation();
      talk.begin();
      assert.deepEqual(said(talk.answered(response)), ["downloadPeerFailedRequest"]);
      assert.equal(talk.placement.kind, "back-to-source");
    }
  });
});

describe("what is here whole", () => {
  test("is told in one round, to new schedulers and old ones", () => {
    for (const [response, last] of [
      [METADATA_ONLY, "downloadPeerFinishedRequest"],
      [NORMAL, "downloadPeerFinishedRequest"],
      [TO_SOURCE, "downloadPeerBackToSourceFinishedRequest"],
    ] as const) {
      const talk = conversation({ isComplete: true });
      const [register] = talk.begin();
      assert.equal(register?.registerPeerRequest?.download?.metadataOnly, true);
      assert.equal(register?.registerPeerRequest?.download?.needBackToSource, false);
      assert.equal(said(talk.answered(response)).at(-1), last);
      assert.equal(talk.metadataOnlyUnknown, response !== METADATA_ONLY);
    }
  });

  test("makes an old scheduler send no seed peer for it, once it is known as old", () => {
    const [register] = conversation({ isComplete: true }, { old: true }).begin();
    assert.equal(register?.registerPeerRequest?.download?.needBackToSource, true);
  });
});

describe("a download's description", () => {
  const described = (more: Partial<PeerRegistration>) =>
    conversation(more).begin()[0]?.registerPeerRequest?.download ?? {};

  test("makes the same id at any other host, whatever the id was made of", () => {
    const pieceLength = 8 * 2 ** 20;
    const cases: Partial<PeerRegistration>[] = [
      { taskId: standardTaskId({ url: URL_ }) },
      { taskId: standardTaskId({ url: URL_, filteredQueryParams: ["a"] }), filteredQueryParams: ["a"] },
      { taskId: standardTaskId({ url: URL_, pieceLength }), pieceLength },
      {
        taskId: standardTaskId({ url: URL_, contentForCalculatingTaskId: "x" }),
        contentForCalculatingTaskId: "x",
      },
      { taskId: standardTaskId({ url: URL_, contentForCalculatingTaskId: `${URL_}@"v2"` }), etag: '"v2"' },
    ];
    for (const each of cases) {
      const {
        filteredQueryParams,
        pieceLength: asked,
        contentForCalculatingTaskId,
        priority,
      } = described(each);
      const id = standardTaskId({
        url: URL_,
        filteredQueryParams: filteredQueryParams ?? [],
        pieceLength: asked as number | undefined,
        contentForCalculatingTaskId,
      });
      assert.equal(id, each.taskId);
      assert.equal(priority, "LEVEL6");
    }
  });

  test("holds no secret, and sends no seed peer where a secret would be needed", () => {
    const url = "http://user:word@origin/file?Signature=s3cret&a=1";
    const signed = described({ url, taskId: standardTaskId({ url }) });
    assert.equal(signed.url, "http://origin/file?a=1");
    assert.equal(signed.priority, "LEVEL3");
    assert.deepEqual(signed.requestHeader ?? {}, {});
    const oss = "oss://bucket/key";
    assert.equal(described({ url: oss, taskId: standardTaskId({ url: oss }) }).priority, "LEVEL3");
    assert.equal(described({ needsCredentials: true }).priority, "LEVEL3");
    assert.equal(
      described({ taskId: "f".repeat(64) }).priority,
      "LEVEL3",
      "an id that others would not make",
    );
  });
});
