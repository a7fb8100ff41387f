/** Many readers of one cold file, apart or over one descriptor: the origin sends each byte once. */
import assert from "node:assert/strict";
import { startNginx } from "../../origin/nginx.ts";
import { mountedDaemon, readerWords } from "../daemon.ts";
import { output } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes } from "./figures.ts";
import { writeLarge } from "./origin-files.ts";

/** What the origin may send of a file, as a part of its length. */
const SENT_PART_MAX = 1.02;
/** Processes that each open the file, and processes that share one descriptor. */
const OPENERS = 8;
const SHARERS = 4;
/** Length of the stretch one reader takes before the next one's begins, bytes: no power of two, no block. */
const CHUNK_BYTES = 200_000;
const READ_MS = 600_000;

export interface InterleavedSize {
  readonly fileBytes: number;
}

/** The digests that each reader has of its own stretches. */
async function strides(path: string): Promise<string[]> {
  const readers = Array.from({ length: OPENERS }, (_, n) =>
    readerWords("stride", path, n, OPENERS, CHUNK_BYTES),
  );
  return Promise.all(readers.map((words) => output(words, { timeoutMs: READ_MS })));
}

function shared(path: string): Promise<string> {
  return output(readerWords("shared", path, SHARERS, CHUNK_BYTES), { timeoutMs: READ_MS });
}

export async function showInterleaved(scope: Scope, size: InterleavedSize): Promise<Figures> {
  const origin = await startNginx();
  scope.after(() => origin.stop());
  const apart = await writeLarge(origin, { name: "apart.bin", bytes: size.fileBytes, seed: 1 });
  const together = await writeLarge(origin, { name: "shared.bin", bytes: size.fileBytes, seed: 2 });
  const daemon = await mountedDaemon(scope);
  assert.deepEqual(await strides(daemon.path(origin.url("apart.bin"))), await strides(apart));
  assert.equal(await shared(daemon.path(origin.url("shared.bin"))), await shared(together));
  const sent = [await origin.bytesSent("/apart.bin"), await origin.bytesSent("/shared.bin")];
  const [apartPart = 0, sharedPart = 0] = sent.map((bytes) => bytes / size.fileBytes);
  assert.ok(
    apartPart <= SENT_PART_MAX,
    `of ${OPENERS} readers' file, the origin sent ${apartPart.toFixed(4)}`,
  );
  assert.ok(sharedPart <= SENT_PART_MAX, `of the shared file, the origin sent ${sharedPart.toFixed(4)}`);
  return {
    file: formatBytes(size.fileBytes),
    [`${OPENERS} readers, each its own descriptor`]: `origin sent ${apartPart.toFixed(4)} of the file`,
    [`${SHARERS} readers, one descriptor`]: `origin sent ${sharedPart.toFixed(4)} of the file`,
  };
}
