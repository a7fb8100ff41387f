/** Our client against the recorded scheduler: for every recorded download the same messages, in the same order. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { credentials } from "@grpc/grpc-js";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import { ClusterScheduler } from "../../daemon/scheduler/cluster/cluster-scheduler.ts";
import type { PeerRegistration, PeerSession } from "../../daemon/scheduler/scheduler.ts";
import { createHashRing } from "../../daemon/task/hash-ring.ts";
import type { AnnouncePeerRequest__Output } from "../../proto/gen/scheduler/v2/AnnouncePeerRequest.ts";
import { ANNOUNCE_PEER, ReplayScheduler } from "./replay-scheduler.ts";
import { callsOf, type RecordedCall, scenarios } from "./transcript.ts";

const RPC = "/scheduler.v2.Scheduler/AnnouncePeer";

function clientMessages(call: RecordedCall): AnnouncePeerRequest__Output[] {
  return call.events.flatMap((event) =>
    event.by === "client" ? [ANNOUNCE_PEER.requestDeserialize(event.bytes)] : [],
  );
}

/** What our engine would tell for the recorded download. */
function registrationOf({
  taskId,
  peerId,
  registerPeerRequest,
}: AnnouncePeerRequest__Output): PeerRegistration {
  const download = registerPeerRequest?.download;
  assert.ok(download, "a conversation begins with a registration");
  return {
    taskId,
    peerId,
    url: download.url,
    tag: download.tag ?? "",
    application: download.application ?? "",
    contentLength: download.actualContentLength ?? -1,
    pieceLength: download.actualPieceLength ?? -1,
    pieceCount: download.actualPieceCount ?? -1,
    isComplete: download.metadataOnly,
    needBackToSource: download.needBackToSource,
    disableBackToSource: download.disableBackToSource,
    priority: Number(download.priority.slice("LEVEL".length)),
    filteredQueryParams: download.filteredQueryParams,
    ...(download.range ? { range: download.range } : {}),
  };
}

/** The message without what only the recorded run determines: times, the output's path, headers, who asked. */
function determined(message: AnnouncePeerRequest__Output): object {
  const copy = structuredClone(message);
  const download = copy.registerPeerRequest?.download;
  if (download) {
    for (const name of ["outputPath", "timeout", "remoteIp", "_outputPath", "_timeout", "_remoteIp"] as const)
      delete download[name];
    download.requestHeader = {};
  }
  for (const report of [copy.downloadPieceFinishedRequest, copy.downloadPieceBackToSourceFinishedRequest])
    if (report?.piece) {
      assert.ok(report.piece.cost, "a piece's cost is always set");
      assert.ok(report.piece.createdAt, "a piece's time is always set");
      report.piece.cost = null;
      report.piece.createdAt = null;
    }
  return copy;
}

/** Does with the session what the recorded client did; undefined for messages that come by themselves. */
function act(session: PeerSession, messages: readonly AnnouncePeerRequest__Output[], index: number): void {
  const message = messages[index];
  const finished = message?.downloadPieceFinishedRequest ?? message?.downloadPieceBackToSourceFinishedRequest;
  if (finished?.piece) {
    const { number, offset, length, digest, parentId } = finished.piece;
    const parent = parentId === undefined ? {} : { parentId };
    session.pieceFinished({ number, offset, length, digest, costMs: 12, ...parent });
  }
  const failed = message?.downloadPieceFailedRequest;
  if (failed) session.pieceFailed({ number: failed.pieceNumber ?? -1, parentId: failed.parentId });
  const reschedule = message?.reschedulePeerRequest;
  if (reschedule) session.reschedule(reschedule.description ?? "");
  if (message?.downloadPeerFinishedRequest || message?.downloadPeerBackToSourceFinishedRequest)
    void session.end("finished");
  const source = message?.downloadPieceBackToSourceFailedRequest;
  if (!source) return;
  const { backend } = source;
  void session.end("failed", {
    message: messages[index + 1]?.downloadPeerBackToSourceFailedRequest?.description ?? "",
    ...(backend ? { origin: { statusCode: backend.statusCode ?? 0, headers: backend.header } } : {}),
  });
}

async function replay(call: RecordedCall): Promise<void> {
  const scheduler = await ReplayScheduler.start(call);
  const messages = clientMessages(call);
  const [first] = messages;
  assert.ok(first);
  const client = new ClusterScheduler({
    clock: systemClock,
    log: silentLogger,
    hostId: first.hostId,
    newPeerId: () => assert.fail("nothing is held"),
    credentials: credentials.createInsecure(),
    host: async () => ({ id: first.hostId, hostname: "h", ip: "127.0.0.1" }),
    held: () => [],
    heldMark: () => "",
    announceIntervalMs: 300_000,
    scheduleTimeoutMs: 60_000,
    scheduleCountMax: 5,
    concurrentPieceCount: first.registerPeerRequest?.download?.concurrentPieceCount ?? 0,
  });
  client.use([{ ip: "127.0.0.1", port: scheduler.port }]);
  const played = scheduler.call;
  try {
    const session = await client.register(registrationOf(first), AbortSignal.timeout(20_000));
    let said = 0;
    for (const [index, event] of call.events.entries()) {
      if (event.by !== "client") continue;
      await played.reached(index);
      if (said > 0) act(session, messages, said);
      said += 1;
    }
    await played.reached(call.events.length);
    assert.deepEqual(played.heard.map(determined), messages.map(determined));
  } finally {
    await client.close();
    scheduler.close();
  }
}

describe("the recorded scheduler hears from our client what it heard from Dragonfly's", () => {
  const calls = scenarios().flatMap((scenario) => callsOf(scenario, RPC).map((call) => ({ scenario, call })));
  assert.ok(calls.length > 60, "the recordings hold conversations");
  for (const [index, { scenario, call }] of calls.entries())
    test(`${scenario}, conversation ${index} (${call.client})`, () => replay(call));
});

test("every recorded task of a cluster with two schedulers is where our ring says", () => {
  const addresses = new Map([
    ["scheduler", { ip: "10.77.0.3", port: 8002 }],
    ["scheduler-2", { ip: "10.77.0.16", port: 8002 }],
  ]);
  const ring = createHashRing([...addresses.values()]);
  const calls = callsOf("two-schedulers", RPC).filter(({ client }) => client === "host-a");
  assert.ok(calls.length >= 12);
  for (const call of calls)
    assert.deepEqual(ring.pick(clientMessages(call)[0]?.taskId ?? ""), addresses.get(call.server));
});
