/** Whole files through the mount have the origin's digests, many at once, while the daemon's memory stays small. */
import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { startNginx } from "../../origin/nginx.ts";
import { mountedDaemon, RESIDENT_BYTES_MAX, readerWords } from "../daemon.ts";
import { catSha256, sha256, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs } from "./figures.ts";
import { writeLarge } from "./origin-files.ts";

export interface BigFilesSize {
  readonly fileBytes: number;
  /** Files, each read by a process of its own, all at once. */
  readonly fileCount: number;
  /** Other files that are held open meanwhile. */
  readonly openCount: number;
}

/** Longest time for all the reading, ms. */
const READ_MS = 900_000;

export async function showBigFiles(scope: Scope, size: BigFilesSize): Promise<Figures> {
  const origin = await startNginx({ autoindex: true });
  scope.after(() => origin.stop());
  const files: string[] = [];
  for (let n = 0; n < size.fileCount; n++) {
    files.push(await writeLarge(origin, { name: `big/${n}.bin`, bytes: size.fileBytes, seed: n }));
  }
  for (let n = 0; n < size.openCount; n++) await origin.write(`held/${n}.bin`, `file ${n}\n`.repeat(1000));
  const daemon = await mountedDaemon(scope);

  const holder = start(scope, readerWords("hold", daemon.path(origin.url("held"))));
  assert.equal(await holder.line(), String(size.openCount), "files held open");
  const begin = performance.now();
  const digests = await Promise.all(
    files.map((path) => {
      const url = origin.url(`${basename(dirname(path))}/${basename(path)}`);
      return catSha256(daemon.path(url), { timeoutMs: READ_MS });
    }),
  );
  const durationMs = performance.now() - begin;
  const peakBytes = daemon.peakBytes();
  await holder.finish();

  for (const [n, path] of files.entries()) assert.equal(digests[n], await sha256(path), `sha256 of ${path}`);
  assert.ok(peakBytes < RESIDENT_BYTES_MAX, `peak of resident memory: ${formatBytes(peakBytes)}`);
  const sent = await origin.bytesSent("/big/");
  return {
    "files and readers": `${size.fileCount} x ${formatBytes(size.fileBytes)}, ${size.openCount} more open`,
    "sha256 as the origin's": `${digests.length} of ${files.length}`,
    "peak of resident memory": formatBytes(peakBytes),
    "origin sent": formatBytes(sent),
    time: formatMs(durationMs),
  };
}
