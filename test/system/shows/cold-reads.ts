/** Small reads of large cold files take blocks, not files: headers of many shards, random pages of one huge file. */
import assert from "node:assert/strict";
import { link as hardLink } from "node:fs/promises";
import { basename, join } from "node:path";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { seededRandom } from "../../base/seeded-random.ts";
import { randomContent } from "../../origin/content.ts";
import { startNginx } from "../../origin/nginx.ts";
import { mountedDaemon, readerWords } from "../daemon.ts";
import { output, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs, MIB, quantile } from "./figures.ts";
import { patch } from "./origin-files.ts";

/** A file's length is asked for with a GET of one byte, which the log counts too; some are asked twice. */
const STAT_BYTES_MAX = 16;
/** Disk that the headers may take at most, bytes. */
const HEADERS_DISK_BYTES_MAX = 64 * MIB;
const PAGE_BYTES = 4096;

/** Reads the first 8 bytes of each file, as a loader looks for the length of a header. */
function firstBytes(paths: readonly string[]): Promise<string> {
  const script = 'for path; do head -c 8 -- "$path" | sha256sum; done';
  return output(["bash", "-c", script, "bash", ...paths]);
}

export interface HeadersSize {
  readonly fileCount: number;
  /** Length of each file; they are sparse. */
  readonly fileBytes: number;
  /** Disk that the headers may take at most, bytes; default HEADERS_DISK_BYTES_MAX. */
  readonly diskBytesMax?: number;
}

export async function showHeaders(scope: Scope, size: HeadersSize): Promise<Figures> {
  const origin = await startNginx();
  scope.after(() => origin.stop());
  const files: string[] = [];
  for (let n = 0; n < size.fileCount; n++) {
    const path = await origin.writeSparse(`model-${n}.safetensors`, size.fileBytes);
    await patch(path, 0, randomContent(8, n).read(0, 8));
    files.push(path);
  }
  const daemon = await mountedDaemon(scope);
  const before = await daemon.diskBytes();
  const mounted = files.map((path) => daemon.path(origin.url(basename(path))));
  assert.equal(await firstBytes(mounted), await firstBytes(files), "the first 8 bytes");
  const sent = await origin.bytesSent();
  const disk = (await daemon.diskBytes()) - before;
  assert.ok(sent <= size.fileCount * (BLOCK_BYTES + STAT_BYTES_MAX), `the origin sent ${formatBytes(sent)}`);
  assert.ok(disk < (size.diskBytesMax ?? HEADERS_DISK_BYTES_MAX), `disk used: ${formatBytes(disk)}`);
  return {
    files: `${size.fileCount} x ${formatBytes(size.fileBytes)}, 8 bytes of each`,
    "origin sent": `${formatBytes(sent)} in ${(await origin.log()).length} requests`,
    "disk used": formatBytes(disk),
  };
}

export interface RandomReadsSize {
  readonly fileBytes: number;
  readonly readCount: number;
  /** Namespaces of a shaped link; without them over loopback. */
  readonly link?: {
    readonly hostNetns: string;
    readonly originNetns: string;
    readonly originAddress: string;
  };
}

interface Times {
  readonly read: number[];
  readonly raw: number[];
}

/** Reads pages through the mount, each checked against the origin's file, in turn with plain GETs of the same blocks. */
async function readPages(
  scope: Scope,
  parts: {
    readonly file: string;
    readonly mounted: string;
    readonly rawUrl: string;
    readonly netns: string | undefined;
  },
  offsets: readonly number[],
): Promise<Times> {
  const here = start(scope, readerWords("steps", parts.mounted));
  const there = start(scope, readerWords("steps", parts.file));
  const plain = start(scope, readerWords("raw-gets", parts.rawUrl), { netns: parts.netns });
  await here.ask("open");
  await there.ask("open");
  const times: Times = { read: [], raw: [] };
  for (const offset of offsets) {
    const [ms, digest] = (await here.ask(`read ${offset} ${PAGE_BYTES}`)).split(" ");
    const [, expected] = (await there.ask(`read ${offset} ${PAGE_BYTES}`)).split(" ");
    assert.equal(digest, expected, `the page at ${offset}`);
    times.read.push(Number(ms));
    const [rawMs, length] = (await plain.ask(`${offset - (offset % BLOCK_BYTES)} ${BLOCK_BYTES}`)).split(" ");
    assert.equal(Number(length), BLOCK_BYTES);
    times.raw.push(Number(rawMs));
  }
  await Promise.all([here.finish(), there.finish(), plain.finish()]);
  return times;
}

function randomPages(size: RandomReadsSize): number[] {
  const random = seededRandom("random reads");
  const blocks = new Set<number>();
  while (blocks.size < size.readCount) blocks.add(random.below(Math.floor(size.fileBytes / BLOCK_BYTES)));
  const pages = BLOCK_BYTES / PAGE_BYTES;
  return [...blocks].map((block) => block * BLOCK_BYTES + random.below(pages) * PAGE_BYTES);
}

export async function showRandomReads(scope: Scope, size: RandomReadsSize): Promise<Figures> {
  const offsets = randomPages(size);
  const { link } = size;
  const origin = await startNginx({ ...(link && { netns: link.originNetns, address: link.originAddress }) });
  scope.after(() => origin.stop());
  const file = await origin.writeSparse("huge.bin", size.fileBytes);
  for (const [n, offset] of offsets.entries()) await patch(file, offset, randomContent(16, n).read(0, 16));
  // The same file under another name, so that the log tells the plain GETs apart.
  await hardLink(file, join(origin.root, "raw.bin"));
  const daemon = await mountedDaemon(scope, { netns: link?.hostNetns });
  const mounted = daemon.path(origin.url("huge.bin"));
  const parts = { file, mounted, rawUrl: origin.url("raw.bin"), netns: link?.hostNetns };
  const times = await readPages(scope, parts, offsets);
  const sent = await origin.bytesSent("/huge.bin");
  // A page at the very end of a block may make the kernel read on into the next.
  assert.ok(
    sent <= 2 * size.readCount * (BLOCK_BYTES + STAT_BYTES_MAX),
    `the origin sent ${formatBytes(sent)}`,
  );
  const ratio = (part: number) => (quantile(times.read, part) / quantile(times.raw, part)).toFixed(2);
  return {
    reads: `${size.readCount} of ${PAGE_BYTES} bytes in ${formatBytes(size.fileBytes)}`,
    "p50 and p99": `${formatMs(quantile(times.read, 0.5))}, ${formatMs(quantile(times.read, 0.99))}`,
    "of a plain GET of 1 MiB": `${formatMs(quantile(times.raw, 0.5))}, ${formatMs(quantile(times.raw, 0.99))}`,
    ratio: `${ratio(0.5)}, ${ratio(0.99)}`,
    "origin sent": `${formatBytes(sent)}, ${formatBytes(sent / size.readCount)} a read`,
  };
}
