/** What dfdaemon.v2.DfdaemonDownload/DownloadTask tells its clients, over a real socket and the real engine. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { InvalidInputError, UnavailableError } from "../../../base/errors.ts";
import { DOWNLOADS_MAX, PIECE_CONTENT_BYTES_MAX } from "../../../base/limits.ts";
import { ERROR_CODE_KEY } from "../../../daemon/server/grpc-status.ts";
import { decodeBackendDetails, STATUS_DETAILS_KEY } from "../../../proto/backend-details.ts";
import { gate } from "../../base/promises.ts";
import { contentBlock } from "../engine/scripted-source.ts";
import { downloadAll, HOST_ID, MIB, type Served, serve, type Told } from "./served.ts";

const LENGTH = 9 * MIB + 100;

function piecesOf({ messages }: Told) {
  return messages.flatMap(({ downloadPieceFinishedResponse }) => downloadPieceFinishedResponse?.piece ?? []);
}

function startedOf({ messages }: Told) {
  return messages[0]?.downloadTaskStartedResponse;
}

function contentPathOf({ engine, storage }: Served): Promise<string> {
  const [record] = [...engine.records()];
  assert.ok(record !== undefined);
  return storage.open(record.id).then(async (stored) => {
    await stored.close();
    return stored.contentPath;
  });
}

describe("a download of the whole", () => {
  test("is told first what will come, then each piece once as it finishes", async (t) => {
    const served = await serve(t);
    const told = await downloadAll(served, { tag: "t" });
    assert.equal(told.error, undefined);
    const started = startedOf(told);
    assert.ok(started);
    assert.equal(started.contentLength, LENGTH);
    assert.equal(started.isFinished, false);
    assert.equal(started.range ?? null, null);
    assert.deepEqual(started.responseHeader, { "content-type": "application/octet-stream" });
    assert.deepEqual(
      started.pieces.map(({ number, offset, length }) => ({ number, offset, length })),
      [
        { number: 0, offset: 0, length: 4 * MIB },
        { number: 1, offset: 4 * MIB, length: 4 * MIB },
        { number: 2, offset: 8 * MIB, length: MIB + 100 },
      ],
    );
    const pieces = piecesOf(told);
    assert.equal(told.messages.length, 4);
    assert.deepEqual(new Set(pieces.map(({ number }) => number)), new Set([0, 1, 2]));
    for (const piece of pieces) {
      assert.equal(piece.trafficType, "BACK_TO_SOURCE");
      assert.match(piece.digest, /^crc32:\d+$/);
      assert.equal(piece.content, undefined);
      assert.ok(piece.cost !== null && piece.createdAt !== null);
    }
    for (const { hostId, taskId, peerId } of told.messages) {
      assert.equal(hostId, HOST_ID);
      assert.equal(peerId, `${HOST_ID}-peer`);
      assert.match(taskId, /^[0-9a-f]{64}$/);
    }
    assert.deepEqual(served.uses, { now: 0, total: 1 });
  });

  test("of what is here already asks the source for no byte and says where the pieces came from", async (t) => {
    const served = await serve(t);
    await downloadAll(served, {});
    const reads = served.source.reads.length;
    const again = await downloadAll(served, {});
    assert.equal(startedOf(again)?.isFinished, true);
    assert.deepEqual(
      piecesOf(again).map(({ number, trafficType }) => [number, trafficType]),
      [
        [0, "LOCAL_PEER"],
        [1, "LOCAL_PEER"],
        [2, "LOCAL_PEER"],
      ],
    );
    assert.equal(served.source.reads.length, reads);
  });

  test("of an empty content ends after the first message", async (t) => {
    const served = await serve(t, { length: 0 });
    const told = await downloadAll(served, {});
    assert.equal(told.error, undefined);
    assert.equal(told.messages.length, 1);
    assert.deepEqual(startedOf(told)?.pieces, []);
  });

  test("carries every piece's bytes when asked to, in messages beyond gRPC's usual size", async (t) => {
    const served = await serve(t);
    for (const place of ["source", "cache"]) {
      const told = await downloadAll(served, { needPieceContent: true });
      assert.equal(told.error, undefined, place);
      const pieces = piecesOf(told);
      assert.equal(pieces.length, 3);
      for (const { number, offset, length, content, digest, createdAt } of pieces) {
        assert.ok(
          content?.equals(contentBlock(1, offset, length)),
          `bytes of piece ${number} from the ${place}`,
        );
        assert.match(digest, /^crc32:\d+$/);
        assert.ok(createdAt !== null);
      }
    }
  });

  test("brings every client its bytes when more ask for them than the budget holds at once", async (t) => {
    const clients = Math.ceil(PIECE_CONTENT_BYTES_MAX / (2 * 4 * MIB)) + 4;
    const served = await serve(t, { length: 12 * MIB });
    const expected = contentBlock(1, 0, 12 * MIB);
    const all = await Promise.all(
      Array.from({ length: clients }, () => downloadAll(served, { needPieceContent: true })),
    );
    for (const told of all) {
      assert.equal(told.error, undefined);
      assert.equal(piecesOf(told).length, 3);
      for (const { content, offset, length } of piecesOf(told))
        assert.ok(content?.equals(expected.subarray(offset, offset + length)));
    }
  });

  test("fails with the origin's own answer in the details", async (t) => {
    const served = await serve(t);
    served.source.missing = true;
    const { error, messages } = await downloadAll(served, {});
    assert.equal(messages.length, 0);
    assert.equal(error?.code, status.INTERNAL);
    const [details] = error?.metadata.get(STATUS_DETAILS_KEY) ?? [];
    assert.ok(Buffer.isBuffer(details));
    assert.equal(decodeBackendDetails(details)?.statusCode, 404);
    assert.deepEqual(error?.metadata.get(ERROR_CODE_KEY), ["NOT_FOUND"]);
  });

  test("tells the pieces that came before a failure in the middle, then the failure", async (t) => {
    const served = await serve(t);
    const origin = { statusCode: 503, headers: {} };
    const failure = new UnavailableError("the origin answered 503", { origin }, "SOURCE_REFUSED");
    const first = gate();
    const fail = () => first.opened.then(() => Promise.reject(failure));
    served.source.script = ({ offset }) => (offset >= 4 * MIB ? { gate: fail } : {});
    const told = await downloadAll(served, {}, (message) => {
      if (message.downloadPieceFinishedResponse) first.open();
    });
    assert.deepEqual(
      piecesOf(told).map(({ number }) => number),
      [0],
    );
    assert.equal(told.error?.code, status.INTERNAL);
    assert.match(told.error?.details ?? "", /503/);
  });

  test("is checked against the digest of the request", async (t) => {
    const served = await serve(t);
    const sha256 = createHash("sha256")
      .update(contentBlock(1, 0, LENGTH))
      .digest("hex");
    assert.equal((await downloadAll(served, { digest: `sha256:${sha256}` })).error, undefined);
    const wrong = await downloadAll(served, { digest: `sha256:${"0".repeat(64)}` });
    assert.equal(wrong.error?.code, status.DATA_LOSS);
    const bad = await downloadAll(served, { digest: "sha256:12" });
    assert.equal(bad.error?.code, status.INVALID_ARGUMENT);
  });

  test("ends when the request's timeout is over", async (t) => {
    const served = await serve(t);
    const never = gate();
    served.source.script = () => ({ gate: () => never.opened });
    const told = await downloadAll(served, { timeout: { seconds: 0, nanos: 50e6 } });
    never.open();
    assert.equal(told.error?.code, status.DEADLINE_EXCEEDED);
    assert.equal(served.uses.now, 0);
  });

  test("withdraws its wants when the client goes away", async (t) => {
    const served = await serve(t, { length: 400 * MIB });
    const hold = gate();
    served.source.script = () => ({ gate: () => hold.opened });
    const told = await downloadAll(served, {}, (_message, cancel) => cancel());
    assert.equal(told.error?.code, status.CANCELLED);
    while (served.uses.now > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const begun = served.source.reads.length;
    assert.ok(begun > 0 && begun < 100, `${begun} of 100 pieces were begun`);
    hold.open();
    const [record] = [...served.engine.records()];
    const task = await served.engine.openKnown(record?.id ?? "");
    await task.want({ offset: 399 * MIB, length: 1 }, "demand");
    await task.close();
    assert.ok(served.source.reads.length <= begun + 1, "only the reader's block was fetched after that");
  });

  test("does not go back to the source when that is disabled", async (t) => {
    const served = await serve(t);
    const cold = await downloadAll(served, { disableBackToSource: true });
    assert.equal(cold.error?.code, status.UNAVAILABLE);
    assert.deepEqual(served.source.reads, []);
    await downloadAll(served, {});
    const warm = await downloadAll(served, { disableBackToSource: true });
    assert.equal(warm.error, undefined);
    assert.equal(piecesOf(warm).length, 3);
  });

  test("has the id that tag, application, piece length and own content make", async (t) => {
    const served = await serve(t);
    const idOf = async (asked: Parameters<typeof downloadAll>[1]) =>
      (await downloadAll(served, asked)).messages[0]?.taskId;
    const ids = [
      await idOf({}),
      await idOf({ tag: "a" }),
      await idOf({ application: "b" }),
      await idOf({ pieceLength: 8 * MIB }),
      await idOf({ contentForCalculatingTaskId: "c" }),
      await idOf({ url: "http://origin/file?x=1&y=2", filteredQueryParams: [] }),
      await idOf({ url: "http://origin/v2/blobs/sha256:1", enableTaskIdBasedBlobDigest: true }),
    ];
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(await idOf({ url: "http://origin/file?x=1", filteredQueryParams: ["x"] }), ids[0]);
    assert.equal(ids[4], createHash("sha256").update("c").digest("hex"));
    const eight = [...served.engine.records()].find(({ id }) => id === ids[3]);
    assert.equal(eight?.pieceLength, 8 * MIB);
  });

  test("beyond the number that may run at once is refused, and the others go on", async (t) => {
    const served = await serve(t, { length: MIB });
    const hold = gate();
    served.source.script = () => ({ gate: () => hold.opened });
    const running = Array.from({ length: DOWNLOADS_MAX }, () => downloadAll(served, {}));
    while (served.uses.now < DOWNLOADS_MAX) await new Promise((resolve) => setTimeout(resolve, 5));
    const refused = await downloadAll(served, {});
    assert.equal(refused.error?.code, status.RESOURCE_EXHAUSTED);
    hold.open();
    for (const told of await Promise.all(running)) assert.equal(told.error, undefined);
    assert.equal((await downloadAll(served, {})).error, undefined);
  });

  for (const [what, asked] of [
    ["a URL that is none", { url: "not a url" }],
    ["another kind of task", { type: "PERSISTENT" }],
    ["a timeout of nothing", { timeout: { seconds: 0, nanos: 0 } }],
    ["an output path that is not absolute", { outputPath: "here" }],
    ["a piece length below the smallest", { pieceLength: 1024 }],
  ] as const) {
    test(`refuses ${what}`, async (t) => {
      const told = await downloadAll(await serve(t), asked);
      assert.equal(told.error?.code, status.INVALID_ARGUMENT);
    });
  }
});

describe("a download of a range", () => {
  for (const [how, asked] of [
    ["the field", { range: { start: 5 * MIB, length: 10 } }],
    ["a Range header", { requestHeader: { rAnGe: `bytes=${5 * MIB}-${5 * MIB + 9}` } }],
  ] as const) {
    test(`given by ${how} brings whole pieces that overlap it, and no others`, async (t) => {
      const served = await serve(t);
      const told = await downloadAll(served, asked);
      assert.equal(told.error, undefined);
      assert.deepEqual({ ...startedOf(told)?.range }, { start: 5 * MIB, length: 10 });
      assert.deepEqual(
        startedOf(told)?.pieces.map(({ number }) => number),
        [1],
      );
      assert.deepEqual(
        piecesOf(told).map(({ number, offset, length }) => [number, offset, length]),
        [[1, 4 * MIB, 4 * MIB]],
      );
      assert.deepEqual(served.source.reads, [{ offset: 4 * MIB, length: 4 * MIB }]);
    });
  }

  test("that reaches past the end is cut off there", async (t) => {
    const told = await downloadAll(await serve(t), { range: { start: 9 * MIB, length: 50 * MIB } });
    assert.deepEqual({ ...startedOf(told)?.range }, { start: 9 * MIB, length: 100 });
  });

  test("that holds no byte of the content is refused", async (t) => {
    const served = await serve(t);
    const empty = await downloadAll(served, { range: { start: 0, length: 0 } });
    assert.equal(empty.error?.code, status.INVALID_ARGUMENT);
    const past = await downloadAll(served, { range: { start: LENGTH, length: 1 } });
    assert.equal(past.error?.code, status.FAILED_PRECONDITION);
    const header = await downloadAll(served, { requestHeader: { Range: `bytes=${LENGTH}-` } });
    assert.equal(header.error?.code, status.FAILED_PRECONDITION);
  });

  test("with prefetch brings the rest of the task behind it", async (t) => {
    const served = await serve(t);
    const told = await downloadAll(served, { range: { start: 0, length: 1 }, prefetch: true });
    assert.equal(told.error, undefined);
    while (served.uses.now > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const [record] = [...served.engine.records()];
    assert.deepEqual(served.engine.progress(record?.id ?? ""), { finished: 3, total: 3 });
    assert.match(await served.metrics.registry.metrics(), /dragonfly_client_prefetch_task_total\{[^}]*\} 1/);
  });
});

describe("an output path", () => {
  test("gets a copy of its own, whole, that later writes to it do not carry into the cache", async (t) => {
    const served = await serve(t);
    const outputPath = join(served.folder, "out.bin");
    const told = await downloadAll(served, { outputPath });
    assert.equal(told.error, undefined);
    assert.ok(readFileSync(outputPath).equals(contentBlock(1, 0, LENGTH)));
    assert.notEqual(statSync(outputPath).ino, statSync(await contentPathOf(served)).ino);
    assert.equal(statSync(outputPath).mode & 0o777, 0o644, "readable for the client, whoever that is");
    assert.deepEqual(readdirSync(served.folder).sort(), ["dfdaemon.sock", "out.bin"]);
  });

  test("becomes a hard link when that is demanded", async (t) => {
    const served = await serve(t);
    const outputPath = join(served.folder, "out.bin");
    const told = await downloadAll(served, { outputPath, forceHardLink: true });
    assert.equal(told.error, undefined);
    assert.equal(statSync(outputPath).ino, statSync(await contentPathOf(served)).ino);
  });

  test("that exists is an error before anything is fetched, unless it may be overwritten", async (t) => {
    const served = await serve(t);
    const outputPath = join(served.folder, "out.bin");
    writeFileSync(outputPath, "mine");
    const refused = await downloadAll(served, { outputPath });
    assert.equal(refused.error?.code, status.ALREADY_EXISTS);
    assert.deepEqual(served.source.reads, []);
    assert.equal(readFileSync(outputPath, "utf8"), "mine");
    const allowed = await downloadAll(served, { outputPath, overwrite: true });
    assert.equal(allowed.error, undefined);
    assert.equal(statSync(outputPath).size, LENGTH);
  });

  test("that is the cache's file already is left as it is", async (t) => {
    const served = await serve(t);
    await downloadAll(served, {});
    const outputPath = join(served.folder, "out.bin");
    linkSync(await contentPathOf(served), outputPath);
    const told = await downloadAll(served, { outputPath, overwrite: true });
    assert.equal(told.error, undefined);
    assert.equal(statSync(outputPath).ino, statSync(await contentPathOf(served)).ino);
  });

  test("is left empty-handed when the digest does not match", async (t) => {
    const served = await serve(t);
    const outputPath = join(served.folder, "out.bin");
    const told = await downloadAll(served, { outputPath, digest: `crc32:${"0".repeat(8)}` });
    assert.equal(told.error?.code, status.DATA_LOSS);
    assert.equal(existsSync(outputPath), false);
  });

  test("under a mount of p2pfs is refused before anything is opened", async (t) => {
    const refusing = {
      refuseOwnMount: async (what: string, path: string) => {
        throw new InvalidInputError(`${what} ${path} lies in /p2p, a mount of p2pfs`);
      },
    };
    const served = await serve(t, { context: refusing });
    const told = await downloadAll(served, { outputPath: "/p2p/out" });
    assert.equal(told.error?.code, status.INVALID_ARGUMENT);
    assert.equal(served.source.stats, 0);
  });

  test("in a directory that is not there fails and says so", async (t) => {
    const served = await serve(t);
    const told = await downloadAll(served, { outputPath: join(served.folder, "absent", "out") });
    assert.equal(told.error?.code, status.NOT_FOUND);
    mkdirSync(join(served.folder, "absent"));
    assert.equal(
      (await downloadAll(served, { outputPath: join(served.folder, "absent", "out") })).error,
      undefined,
    );
  });
});
