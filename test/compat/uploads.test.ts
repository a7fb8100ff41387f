/**
 * Dragonfly's recorded calls of DfdaemonUpload against ours, in both parts. As a server we are sent the recorded messages, bytes
 * and headers as they were (with their grpc-timeout), and hold the pieces that the recorded parent told of: each of our messages
 * has the recorded bytes, less the port of QUIC, which we do not serve, and the status is the recorded one. As a client we are
 * told the recorded answers, and our own question is compared with the recorded one, byte for byte.
 */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { type TestContext, test } from "node:test";
import { Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { FakeClock, systemClock } from "../../base/clock.ts";
import { PIECE_BYTES_MIN, SYNC_GRACE_MS } from "../../base/limits.ts";
import { planNetworkDownload } from "../../daemon/server/network-download.ts";
import type { AnnouncedPiece } from "../../daemon/transport/announcements.ts";
import { ParentChannels } from "../../daemon/transport/parent-channels.ts";
import { SyncPiecesAnnouncements } from "../../daemon/transport/sync-pieces.ts";
import type { SyncPiecesResponse__Output } from "../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import { DfdaemonUpload } from "../../proto/load.ts";
import { HurriedClock } from "../daemon/server/hurried-clock.ts";
import { serveUploads, type UploadServed } from "../daemon/server/upload-served.ts";
import { recordOf } from "../suites/storage-fixtures.ts";
import { callsOf, type RecordedCall, scenarios } from "./transcript.ts";

const { SyncPieces, SyncHost, DownloadTask } = DfdaemonUpload.service;
const calls = (method: string) =>
  scenarios().flatMap((scenario) => callsOf(scenario, `/dfdaemon.v2.DfdaemonUpload/${method}`));

/** Of a SyncPiecesResponse: field 6, 4006. */
const QUIC_PORT = "30a61f";

const messagesBy = ({ events }: RecordedCall, side: "client" | "server") =>
  events.flatMap((event) => (event.by === side ? [event.bytes] : []));
const statusOf = ({ events }: RecordedCall) =>
  events.flatMap((event) => (event.by === "status" ? [event] : []))[0];

/** Calls as tonic does, and gives the messages' bytes and the trailers. */
function callRaw(
  port: number,
  path: string,
  message: Buffer,
  onData: () => void = () => {},
): Promise<{ messages: Buffer[]; code: number; details: string; headersFirst: boolean }> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "grpc-timeout": "10000000u",
      te: "trailers",
      "content-type": "application/grpc",
      "user-agent": "tonic/0.14.2",
    });
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([head, message]));
    const came: Buffer[] = [];
    let headersFirst = false;
    let trailers: Record<string, unknown> = {};
    stream.on("response", (headers) => {
      headersFirst = headers["grpc-status"] === undefined;
      if (!headersFirst) trailers = headers;
    });
    stream.on("trailers", (told) => (trailers = told));
    stream.on("data", (chunk: Buffer) => {
      came.push(chunk);
      onData();
    });
    stream.on("error", reject);
    stream.on("close", () => {
      session.close();
      const messages: Buffer[] = [];
      for (let rest = Buffer.concat(came); rest.length >= 5; ) {
        const end = 5 + rest.readUInt32BE(1);
        messages.push(rest.subarray(5, end));
        rest = rest.subarray(end);
      }
      const details = decodeURIComponent(String(trailers["grpc-message"] ?? ""));
      resolve({ messages, code: Number(trailers["grpc-status"]), details, headersFirst });
    });
  });
}

/** Makes the task of a call as the recorded parent had it. */
async function hold({ storage }: UploadServed, taskId: string, told: readonly SyncPiecesResponse__Output[]) {
  const [first] = told;
  if (first === undefined) return;
  const later = told.find(({ number }) => number > 0);
  const pieceLength =
    later === undefined ? Math.max(PIECE_BYTES_MIN, first.length) : later.offset / later.number;
  const contentLength = Math.max(...told.map(({ offset, length }) => offset + length));
  const nowMs = systemClock.nowMs();
  const dates = { createdAtMs: nowMs, updatedAtMs: nowMs };
  const stored = await storage.create(recordOf(taskId, { contentLength, pieceLength, ...dates }));
  const MIB = 1024 * 1024;
  for (const { number, offset, length } of told) {
    for (let block = offset / MIB; block < Math.ceil((offset + length) / MIB); block += 1)
      stored.setBlock(block, 0);
    await stored.finishPiece(number, { costMs: 0 });
  }
  await stored.close();
}

async function replaySyncPieces(t: TestContext, call: RecordedCall, clock: HurriedClock): Promise<void> {
  const [question] = messagesBy(call, "client");
  assert.ok(question);
  const asked = SyncPieces.requestDeserialize(question);
  const recorded = messagesBy(call, "server");
  const told = recorded.map((bytes) => SyncPieces.responseDeserialize(bytes));
  const [{ ip = "", tcpPort = 0 } = {}] = told;
  const served = await serveUploads(t, { clock, upload: { pieces: () => ({ ip, tcpPort }) } });
  await hold(served, asked.taskId, told);
  clock.advance(SYNC_GRACE_MS);
  const beat = setInterval(() => clock.advance(SYNC_GRACE_MS), 10);
  const came = await callRaw(served.uploadPort, SyncPieces.path, question).finally(() => clearInterval(beat));
  assert.ok(came.headersFirst, "headers come first, whatever follows");
  const order = (numbers: number[]) => [...asked.interestedPieceNumbers].filter((n) => numbers.includes(n));
  const ours = came.messages.map((bytes) => SyncPieces.responseDeserialize(bytes).number);
  assert.deepEqual(ours, order(told.map(({ number }) => number)), "in the order asked for");
  assert.deepEqual(
    came.messages.map((bytes) => bytes.toString("hex") + QUIC_PORT).sort(),
    recorded.map((bytes) => bytes.toString("hex")).sort(),
  );
  const status = statusOf(call);
  // A child that went away heard no end.
  if (status === undefined) return;
  assert.equal(came.code, status.code);
  // The words of a success mean nothing; grpc-js sends "OK".
  if (status.code !== 0) assert.equal(came.details, status.details);
}

for (const scenario of new Set(calls("SyncPieces").map((call) => call.scenario)))
  test(`${scenario}: our server tells the recorded children what the recorded parents told`, async (t) => {
    const clock = new HurriedClock();
    for (const call of calls("SyncPieces"))
      if (call.scenario === scenario)
        await t.test(`${call.client} of ${call.server}`, (each) => replaySyncPieces(each, call, clock));
  });

test("our client asks in the recorded bytes, and hears every piece of the recorded answers", async (t) => {
  const clock = new FakeClock();
  let current: RecordedCall | undefined;
  let question = "";
  const server = new Server();
  const raw = { responseSerialize: (bytes: Buffer) => bytes, requestDeserialize: (bytes: Buffer) => bytes };
  const path = SyncPieces.path;
  server.addService(
    { SyncPieces: { ...SyncPieces, ...raw, path } as never },
    {
      SyncPieces: (call: ServerWritableStream<Buffer, Buffer>) => {
        question = call.request.toString("hex");
        if (current === undefined) return;
        for (const bytes of messagesBy(current, "server")) call.write(bytes);
        const { code = 0, details = "" } = statusOf(current) ?? {};
        if (code === 0) call.end();
        else call.emit("error", { code, details });
      },
    },
  );
  const port = await new Promise<number>((resolve) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
  );
  const channels = new ParentChannels({ clock });
  t.after(() => {
    channels.close();
    server.forceShutdown();
  });
  let heardInAll = 0;
  for (const call of calls("SyncPieces")) {
    current = call;
    const [bytes] = messagesBy(call, "client");
    assert.ok(bytes);
    const { hostId, taskId, interestedPieceNumbers: pieces } = SyncPieces.requestDeserialize(bytes);
    const announcements = new SyncPiecesAnnouncements({ channels, clock, hostId });
    const heard: AnnouncedPiece[] = [];
    const parent = { peerId: call.server, ip: "127.0.0.1", uploadPort: port };
    const over = announcements.listen(
      parent,
      { taskId, pieces },
      (piece) => void heard.push(piece),
      AbortSignal.timeout(60_000),
    );
    if ((statusOf(call)?.code ?? 0) === 0) await over;
    else await assert.rejects(over, { code: "NOT_FOUND" }, call.scenario);
    assert.equal(question, bytes.toString("hex"), call.scenario);
    assert.deepEqual(
      heard,
      messagesBy(call, "server").map((message) => {
        const { number, offset, length, ip, tcpPort } = SyncPieces.responseDeserialize(message);
        return { number, offset, length, ip, port: tcpPort };
      }),
    );
    heardInAll += heard.length;
  }
  assert.ok(heardInAll > 100);
});

test("SyncHost: the same figures make the recorded bytes", async (t) => {
  const [call] = calls("SyncHost").filter((each) => messagesBy(each, "server").length > 0);
  assert.ok(call);
  const [question] = messagesBy(call, "client");
  const [recorded] = messagesBy(call, "server");
  assert.ok(question && recorded);
  const network = SyncHost.responseDeserialize(recorded).network;
  const { maxRxBandwidth = 0, rxBandwidth = 0, maxTxBandwidth = 0, txBandwidth = 0 } = network ?? {};
  const figures = {
    maxReceiveRate: maxRxBandwidth,
    receiveRate: rxBandwidth,
    maxSendRate: maxTxBandwidth,
    sendRate: txBandwidth,
  };
  const served = await serveUploads(t, { upload: { network: async () => figures } });
  const leave = () => void served.uploadServer.close();
  const came = await callRaw(served.uploadPort, SyncHost.path, question, leave);
  const [first] = came.messages;
  assert.equal(first?.toString("hex"), recorded.toString("hex"));
});

test("every download that Dragonfly's scheduler asked of a seed is understood, and none is refused", () => {
  const recorded = calls("DownloadTask").flatMap((call) => messagesBy(call, "client"));
  assert.ok(recorded.length >= 10, `${recorded.length} downloads`);
  for (const bytes of recorded) {
    const { download } = DownloadTask.requestDeserialize(bytes);
    const plan = planNetworkDownload(download, (url) => ({ url, headers: {} }));
    assert.equal(plan.task.asker, "network");
    assert.equal(plan.output, undefined);
    assert.equal(plan.task.url, download?.url);
    if (download?.range)
      assert.deepEqual(plan.rangeIn(1e12), { offset: download.range.start, length: download.range.length });
  }
});
