/** Large listings: a bucket prefix and a tree of index pages of many thousand names, with the daemon's memory in bounds. */
import assert from "node:assert/strict";
import { fixedContent } from "../../origin/content.ts";
import { startNginx } from "../../origin/nginx.ts";
import { type DaemonProcess, mountedDaemon, RESIDENT_BYTES_MAX } from "../daemon.ts";
import { output } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs } from "./figures.ts";
import { startStore } from "./object-store.ts";

export interface ListingSize {
  readonly fileCount: number;
}

/** Files in the folder that `ls -l` is tried on: it asks the mount several things about each. */
const LONG_FILES = 500;

/** Files in one folder of the index tree. */
const FOLDER_FILES = 100;
const LIST_MS = 300_000;

/** Runs a program that prints a name a line; resolves to how many lines and how long. */
async function counted(words: readonly string[]): Promise<{ lines: string[]; ms: number }> {
  const begin = performance.now();
  const lines = (await output(words, { timeoutMs: LIST_MS })).split("\n");
  return { lines, ms: performance.now() - begin };
}

function peak(daemon: DaemonProcess): string {
  const bytes = daemon.peakBytes();
  assert.ok(bytes < RESIDENT_BYTES_MAX, `peak of resident memory: ${formatBytes(bytes)}`);
  return formatBytes(bytes);
}

export async function showBucketListing(
  scope: Scope,
  scheme: "oss" | "s3",
  size: ListingSize,
): Promise<Figures> {
  const { server, config } = await startStore(scope, scheme);
  const keyOf = (n: number) => `shard-${String(n).padStart(6, "0")}.bin`;
  const put = (folder: string, n: number) => {
    const etag = `"${n.toString(16).padStart(32, "0")}"`;
    server.objects.put("data", `${folder}/${keyOf(n)}`, fixedContent(`shard ${n}\n`), { etag });
  };
  for (let n = 0; n < size.fileCount; n++) put("set", n);
  for (let n = 0; n < LONG_FILES; n++) put("some", n);
  const daemon = await mountedDaemon(scope, { config });
  const prefix = `${daemon.mountpoint}/${scheme}/data/set`;
  const expected = Array.from({ length: size.fileCount }, (_, n) => keyOf(n));
  const listed = await counted(["ls", prefix]);
  assert.deepEqual(listed.lines, expected, "ls");
  const found = await counted(["find", prefix, "-type", "f"]);
  assert.equal(found.lines.length, size.fileCount, "find");
  const long = await counted(["ls", "-l", `${daemon.mountpoint}/${scheme}/data/some`]);
  assert.equal(long.lines.length, LONG_FILES + 1, "ls -l");
  assert.equal(await output(["cat", `${prefix}/${keyOf(7)}`]), "shard 7");
  return {
    [`${size.fileCount} keys in ${scheme}`]: `ls ${formatMs(listed.ms)}, find ${formatMs(found.ms)}, ls -l of ${LONG_FILES} ${formatMs(long.ms)}`,
    "peak of resident memory": peak(daemon),
  };
}

export async function showIndexTree(scope: Scope, size: ListingSize): Promise<Figures> {
  const origin = await startNginx({ autoindex: true });
  scope.after(() => origin.stop());
  // A program of its own makes them: ten thousand small files are its business.
  const script = `import os, sys
for n in range(int(sys.argv[2])):
    folder = os.path.join(sys.argv[1], f"part-{n // ${FOLDER_FILES}:04}")
    os.makedirs(folder, exist_ok=True)
    open(os.path.join(folder, f"file-{n:06}.txt"), "w").write(f"file {n}\\n")`;
  await output(["python3", "-c", script, `${origin.root}/tree`, String(size.fileCount)]);
  const daemon = await mountedDaemon(scope);
  const tree = daemon.path(origin.url("tree"));
  const found = await counted(["find", tree, "-type", "f", "-printf", "%P\n"]);
  const expected = await counted(["find", `${origin.root}/tree`, "-type", "f", "-printf", "%P\n"]);
  assert.deepEqual(found.lines.sort(), expected.lines.sort(), "find");
  const listed = await counted(["ls", "-R", tree]);
  const here = await counted(["ls", "-R", `${origin.root}/tree`]);
  assert.equal(listed.lines.length, here.lines.length, "ls -R");
  assert.equal(await output(["cat", `${tree}/part-0000/file-000007.txt`]), "file 7");
  return {
    [`${size.fileCount} files in index pages`]: `find ${formatMs(found.ms)}, ls -R ${formatMs(listed.ms)}`,
    "peak of resident memory": peak(daemon),
  };
}
