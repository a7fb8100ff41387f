/**
 * Messages of other hosts that are none, over every call that is served over TCP: random bytes, and real messages with bytes
 * altered, cut and added. Each is answered or refused, nothing is fetched that no real message asks for, and the server goes on.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, type ServiceError, status } from "@grpc/grpc-js";
import { NotSupportedError } from "../../../base/errors.ts";
import { DfdaemonUpload, Pieces } from "../../../proto/load.ts";
import { seededRandom } from "../../base/seeded-random.ts";
import { ask } from "./served.ts";
import { serveUploads } from "./upload-served.ts";

const TASK = "ab".repeat(32);

/** One real message for each call that takes one. */
const REAL: Readonly<Record<string, object>> = {
  DownloadTask: { download: { url: "ftp://nowhere/a", type: "STANDARD" } },
  SyncPieces: { hostId: "h", taskId: TASK, interestedPieceNumbers: [1, 2, 3] },
  StatTask: { taskId: TASK },
  DeleteTask: { taskId: TASK },
  Want: {
    hostId: "h",
    taskId: TASK,
    download: { url: "ftp://nowhere/a", type: "STANDARD" },
    version: { length: 7 },
    blockCount: 1,
  },
  Manifest: { hostId: "h", taskId: TASK, version: { length: 7 }, pieceLength: 4194304, pieceCount: 9 },
};

/** The call's status; one that listens on is taken back after a moment. */
function statusOf(client: Client, path: string, message: Buffer): Promise<number> {
  return new Promise((resolve) => {
    const same = (bytes: Buffer) => bytes;
    const call = client.makeServerStreamRequest(path, same, same, message);
    const timer = setTimeout(() => call.cancel(), 500);
    const over = (code: number) => {
      clearTimeout(timer);
      resolve(code);
    };
    call.on("data", () => {});
    call.on("error", ({ code }: ServiceError) => over(code));
    call.on("end", () => over(status.OK));
  });
}

test("bytes that are no messages are refused by every call, and the server goes on", async (t) => {
  const random = seededRandom("garbage");
  const served = await serveUploads(t, {
    sourceOf: () => {
      throw new NotSupportedError("there are no sources here");
    },
  });
  const byte = () => random.below(256);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, byte));
  const mangled = (message: Buffer) => {
    const copy = Buffer.from(message);
    for (let times = 0; times < 3 && copy.length > 0; times += 1) copy[random.below(copy.length)] = byte();
    const cut = copy.subarray(0, random.below(copy.length + 1));
    return random.below(2) === 0 ? cut : Buffer.concat([copy, bytes(5)]);
  };
  const methods = [...Object.entries(DfdaemonUpload.service), ...Object.entries(Pieces.service)];
  for (const [name, { path, requestSerialize }] of methods) {
    // It answers for as long as one listens.
    if (name === "SyncHost") continue;
    const real = requestSerialize((REAL[name] ?? {}) as never);
    const tries = Array.from({ length: 12 }, (_, index) =>
      index < 4 ? bytes(index * 20 + 1) : mangled(real),
    );
    const codes = await Promise.all(tries.map((message) => statusOf(served.upload, path, message)));
    assert.ok(!codes.includes(status.UNKNOWN), `${name}: ${codes}`);
  }
  assert.equal(served.uploadServer.wantCount, 0);
  assert.deepEqual([...served.storage.records()], []);
  const { status: health } = await ask(served.uploadHealth, "check", { service: "" });
  assert.equal(health, "SERVING");
});
