/** What other hosts say of pieces, over real connections. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { crc32 } from "node:zlib";
import { systemClock } from "../../../base/clock.ts";
import { crc32Digest } from "../../../base/crc32.ts";
import { ParentChannels } from "../../../daemon/transport/parent-channels.ts";
import {
  HostWitnesses,
  type WitnessHost,
  type WitnessQuestion,
} from "../../../daemon/transport/witnesses.ts";
import { contentBlock } from "../engine/scripted-source.ts";
import { FILE_URL, MIB } from "../server/served.ts";
import { serveUploads, type UploadServed } from "../server/upload-served.ts";

function witnessesOf(t: TestContext): HostWitnesses {
  const channels = new ParentChannels({ clock: systemClock });
  t.after(() => channels.close());
  return new HostWitnesses({ clock: systemClock, channels, hostId: "child" });
}

const hostOf = ({ uploadPort }: Pick<UploadServed, "uploadPort">): WitnessHost => ({
  hostId: "witness",
  ip: "127.0.0.1",
  uploadPort,
});

const signal = new AbortController().signal;

/** A host that has pieces 0 and 2 of three. */
async function witness(t: TestContext, upload: { shares?: boolean } = {}) {
  const served = await serveUploads(t, { upload });
  const task = await served.engine.open({ url: FILE_URL, headers: {} });
  t.after(() => task.close());
  const { pieceLength, contentLength, etag } = task.record;
  await task.want({ offset: 0, length: pieceLength }, "copy");
  await task.want({ offset: 2 * pieceLength, length: 1 }, "copy");
  await task.want({ offset: 2 * pieceLength, length: contentLength - 2 * pieceLength }, "copy");
  while ((await task.finishedPieces()).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const question: WitnessQuestion = { taskId: task.id, contentLength, pieceLength, etag, first: 0, count: 3 };
  return { served, host: hostOf(served), question };
}

const digest = (offset: number, length: number) => crc32Digest(crc32(contentBlock(1, offset, length)));

test("a host says what the pieces it has were when they came, and where from", async (t) => {
  const { host, question } = await witness(t);
  const said = await witnessesOf(t).ask(host, question, signal);
  assert.deepEqual(
    said.map((each) => ({ ...each })),
    [
      { number: 0, digest: digest(0, 4 * MIB), parentId: "" },
      { number: 2, digest: digest(8 * MIB, MIB + 100), parentId: "" },
    ],
  );
  const [only] = await witnessesOf(t).ask(host, { ...question, first: 2, count: 1 }, signal);
  assert.equal(only?.number, 2);
});

test("a host says nothing of another version, of other pieces, or of what it does not have; and is asked again", async (t) => {
  const { host, question } = await witness(t);
  const witnesses = witnessesOf(t);
  const others = [
    { etag: '"v2"' },
    { contentLength: question.contentLength + 1 },
    { pieceLength: 2 * question.pieceLength },
    { taskId: "0".repeat(64) },
    { first: 1, count: 1 },
    { first: 900, count: 3 },
  ];
  for (const other of others)
    assert.deepEqual(await witnesses.ask(host, { ...question, ...other }, signal), []);
  assert.ok(witnesses.mayKnow(host));
});

test("a host that does not answer, or gives nothing to others, is left alone for a while", async (t) => {
  const { host, question } = await witness(t, { shares: false });
  const witnesses = witnessesOf(t);
  assert.deepEqual(await witnesses.ask(host, question, signal), []);
  assert.ok(!witnesses.mayKnow(host));
  const gone = { ...host, hostId: "gone", uploadPort: 1 };
  assert.ok(witnesses.mayKnow(gone));
  assert.deepEqual(await witnesses.ask(gone, question, signal), []);
  assert.ok(!witnesses.mayKnow(gone));
});

test("questions with absurd numbers are refused", async (t) => {
  const { host, question } = await witness(t);
  const channels = new ParentChannels({ clock: systemClock });
  t.after(() => channels.close());
  const { pieces, release } = channels.use(host);
  const plain = {
    hostId: "child",
    taskId: question.taskId,
    version: { length: question.contentLength },
    pieceLength: question.pieceLength,
    firstPiece: 0,
    pieceCount: 3,
  };
  const statusOf = (changes: object) =>
    new Promise<number>((resolve) => {
      pieces.manifest({ ...plain, ...changes }, (error) => resolve(error?.code ?? 0));
    });
  const [OK, INVALID, ABSENT] = [0, 3, 5];
  assert.equal(await statusOf({}), OK);
  assert.equal(await statusOf({ firstPiece: 4_294_967_295 }), OK);
  assert.equal(await statusOf({ pieceCount: 257 }), INVALID);
  assert.equal(await statusOf({ pieceCount: 4_294_967_295 }), INVALID);
  assert.equal(await statusOf({ taskId: "../../etc/passwd" }), INVALID);
  assert.equal(await statusOf({ hostId: "h".repeat(10_000) }), INVALID);
  assert.equal(await statusOf({ version: null }), ABSENT);
  release();
});
