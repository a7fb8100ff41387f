/**
 * Programs that look at every file of a machine, over a cold tree of large files: nothing is fetched for them, and what
 * only looks at headers gets one block of each. Counted in the origin's access log.
 */
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { randomContent } from "../../origin/content.ts";
import { type NginxOrigin, startNginx } from "../../origin/nginx.ts";
import { type DaemonProcess, detach, prepareDaemon } from "../daemon.ts";
import { output, run } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs, MIB } from "./figures.ts";
import { patch } from "./origin-files.ts";

/** A file's length is asked for with a GET of one byte. */
const STAT_BYTES_MAX = 16;
const FOLDER = "models";
const WALK_MS = 600_000;

export interface ScannersSize {
  readonly fileCount: number;
  /** Length of each file; they are sparse. */
  readonly fileBytes: number;
  readonly binding: "native" | "fuse-native";
}

/** Blocks the origin sent so far: everything about the files but questions for their length. */
async function blocksSent(origin: NginxOrigin): Promise<number> {
  const requests = await origin.log();
  const bytes = requests
    .filter(({ uri, bodyBytes }) => uri.endsWith(".bin") && bodyBytes > STAT_BYTES_MAX)
    .reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
  return Math.ceil(bytes / BLOCK_BYTES);
}

async function fill(origin: NginxOrigin, size: ScannersSize): Promise<string[]> {
  const names = Array.from({ length: size.fileCount }, (_, n) => `model-${String(n).padStart(4, "0")}.bin`);
  for (const [n, name] of names.entries()) {
    const path = await origin.writeSparse(`${FOLDER}/${name}`, size.fileBytes);
    await patch(path, 0, randomContent(64, n).read(0, 64));
  }
  return names;
}

/** Debian's plocate, told to leave nothing out: it is the guard that is tried, not PRUNEFS. */
async function indexed(scope: Scope, tree: string): Promise<string[]> {
  const database = join(await scope.folder("p2pfs-locate-"), "db");
  const all = ["--prunefs", "", "--prunepaths", "", "--prunenames", "", "--prune-bind-mounts", "no"];
  const words = ["updatedb.plocate", "-U", tree, "-o", database, "--require-visibility", "no", ...all];
  await output(words, { timeoutMs: WALK_MS });
  return (await output(["plocate", "-d", database, ".bin"])).split("\n");
}

/** Every scanner in turn; resolves to how many blocks each cost and how long it took. */
async function scan(
  scope: Scope,
  origin: NginxOrigin,
  parts: { readonly tree: string; readonly fileCount: number },
): Promise<Figures> {
  const { tree, fileCount } = parts;
  const lines = async (...words: string[]) => (await output(words, { timeoutMs: WALK_MS })).split("\n");
  const scanners: Record<string, () => Promise<string[]>> = {
    updatedb: () => indexed(scope, tree),
    "du -a": async () => (await lines("du", "-a", tree)).filter((line) => line.endsWith(".bin")),
    "find -ls": () => lines("find", tree, "-type", "f", "-ls"),
  };
  const figures: Record<string, string> = {};
  for (const [name, walk] of Object.entries(scanners)) {
    const begin = performance.now();
    const found = await walk();
    assert.equal(found.length, fileCount, `${name} saw every file`);
    assert.equal(await blocksSent(origin), 0, `${name} made the mount fetch`);
    figures[name] = `0 blocks, ${formatMs(performance.now() - begin)}`;
  }
  return figures;
}

/** A program of a scanner's name that reads what it finds, as thumbnailers do. */
async function thumbnails(
  scope: Scope,
  origin: NginxOrigin,
  daemon: DaemonProcess,
  paths: { readonly cold: string; readonly whole: string },
): Promise<void> {
  const thumbnailer = join(await scope.folder("p2pfs-programs-"), "tumblerd");
  await copyFile("/bin/cat", thumbnailer);
  const before = await blocksSent(origin);
  const refused = await run([thumbnailer, paths.cold], { environment: { LC_ALL: "C" } });
  assert.match(refused.stderr, /Permission denied/);
  assert.equal(await blocksSent(origin), before, "nothing was fetched for a thumbnailer");
  await output(["bash", "-c", 'cat -- "$1" >/dev/null', "bash", paths.whole]);
  const sent = await blocksSent(origin);
  await output(["bash", "-c", '"$1" "$2" >/dev/null', "bash", thumbnailer, paths.whole]);
  assert.equal(await blocksSent(origin), sent, "what is complete is read by scanners too");
  assert.doesNotMatch(daemon.log, /"level":(40|"warn").*scans all files/);
}

/** What looks at headers: `file` reads up to 1 MiB of each. */
async function headers(origin: NginxOrigin, tree: string, names: readonly string[]): Promise<number> {
  const before = await blocksSent(origin);
  const words = ["bash", "-c", 'cd "$1" && file -- *.bin', "bash", tree];
  const told = (await output(words, { timeoutMs: WALK_MS })).split("\n");
  assert.equal(told.length, names.length);
  assert.deepEqual(
    told.filter((line) => /cannot|error/i.test(line)),
    [],
  );
  return (await blocksSent(origin)) - before;
}

export async function showScanners(scope: Scope, size: ScannersSize): Promise<Figures> {
  const origin = await startNginx({ autoindex: true });
  scope.after(() => origin.stop());
  const names = await fill(origin, size);
  await origin.write("small.bin", randomContent(3 * MIB, 1));
  const daemon = await prepareDaemon(scope);
  await daemon.start();
  await daemon.mount("--binding", size.binding);
  scope.after(() => detach(daemon.mountpoint));
  const tree = daemon.path(origin.url(FOLDER));
  const figures = await scan(scope, origin, { tree, fileCount: names.length });
  const begin = performance.now();
  const blocks = await headers(origin, tree, names);
  const ms = performance.now() - begin;
  if (size.binding === "fuse-native") return { ...figures, "file *": `${blocks} blocks, ${formatMs(ms)}` };
  assert.ok(blocks <= names.length, `file * took ${blocks} blocks of ${names.length} files`);
  await thumbnails(scope, origin, daemon, {
    cold: join(tree, names[0] ?? ""),
    whole: daemon.path(origin.url("small.bin")),
  });
  return {
    files: `${names.length} x ${formatBytes(size.fileBytes)}`,
    ...figures,
    "file *": `${blocks} blocks, ${formatMs(ms)}`,
  };
}
