/** Files larger than their room: read whole, in order, by mmap, at random and several at once, under a bound that holds. */
import assert from "node:assert/strict";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { loadNativeAddon, NativeAddon } from "../../../native/linux/addon.ts";
import { seededRandom } from "../../base/seeded-random.ts";
import { startNginx } from "../../origin/nginx.ts";
import { type DaemonProcess, diskBytes, prepareDaemon, readerWords, until } from "../daemon.ts";
import { catSha256, output, sha256, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, formatMs, MIB } from "./figures.ts";
import { writeLarge } from "./origin-files.ts";

/** What the origin may send of a file that is read once, as a part of its length. */
const SENT_PART_MAX = 1.1;
/** Blocks that the filesystem takes for its own lists of a file's blocks, bytes for all files together. */
const LISTS_BYTES_MAX = MIB;
const READ_MS = 900_000;
const LOOK_MS = 50;

/** Holes are punched by the addon; where there is none, files go as a whole only. @returns why there is none, or false */
export function addonMissing(): string | false {
  const addon = loadNativeAddon();
  return addon instanceof NativeAddon ? false : addon.unavailable;
}

export interface RoomSize {
  readonly fileBytes: number;
  /** gc.policy.cacheThreshold. */
  readonly quotaBytes: number;
  /** Pages read at random from one more file. */
  readonly pageCount: number;
  readonly binding: "native" | "fuse-native";
}

/** Bytes that files take on disk, looked at one after the other. */
async function allocated(paths: readonly string[]): Promise<number> {
  let sum = 0;
  for (const path of paths) sum += (await stat(path).catch(() => undefined))?.blocks ?? 0;
  return sum * 512;
}

/** Looks at a folder until it is told to stop. @returns the most its files took on disk at one time, bytes */
async function watchDisk(folder: string, signal: AbortSignal): Promise<number> {
  let most = 0;
  while (!signal.aborted) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    // What leaves one file while another grows must not be counted in both: one of the two orders sees it once.
    most = Math.max(most, Math.min(await allocated(paths), await allocated(paths.toReversed())));
    await delay(LOOK_MS);
  }
  return most;
}

/** Reads pages at places chosen by the seed from the mount and from the origin's own file, which must agree. */
async function readPages(scope: Scope, mounted: string, file: string, size: RoomSize): Promise<void> {
  const random = seededRandom("room");
  const here = start(scope, readerWords("steps", mounted));
  const there = start(scope, readerWords("steps", file));
  await here.ask("open");
  await there.ask("open");
  for (let count = 0; count < size.pageCount; count++) {
    const ask = `read ${random.below(size.fileBytes - 4096)} 4096`;
    const [, digest] = (await here.ask(ask)).split(" ");
    const [, expected] = (await there.ask(ask)).split(" ");
    assert.equal(digest, expected, `${ask}, SEED=${random.seed}`);
  }
  await Promise.all([here.finish(), there.finish()]);
}

async function reads(scope: Scope, daemon: DaemonProcess, size: RoomSize): Promise<Figures> {
  const origin = await startNginx();
  scope.after(() => origin.stop());
  const names = ["in-order", "mapped", "first", "second", "random"] as const;
  const files: Record<string, string> = {};
  for (const [seed, name] of names.entries())
    files[name] = await writeLarge(origin, { name: `${name}.bin`, bytes: size.fileBytes, seed });
  const mounted = (name: string) => daemon.path(origin.url(`${name}.bin`));
  const digest = (name: string) => sha256(files[name] ?? "");
  const sentPart = async (name: string) => (await origin.bytesSent(`/${name}.bin`)) / size.fileBytes;
  const figures: Record<string, string> = {};
  const timed = async (what: string, names: readonly string[], work: () => Promise<unknown>) => {
    const begin = performance.now();
    await work();
    const ms = performance.now() - begin;
    for (const name of names) {
      const part = await sentPart(name);
      assert.ok(part <= SENT_PART_MAX, `of ${name}.bin the origin sent ${part.toFixed(4)}`);
      figures[what] = `sha256 right, origin sent ${part.toFixed(4)} of it, ${formatMs(ms)}`;
    }
  };
  await timed("in order", ["in-order"], async () =>
    assert.equal(await catSha256(mounted("in-order"), { timeoutMs: READ_MS }), await digest("in-order")),
  );
  await timed("by mmap", ["mapped"], async () =>
    assert.equal(
      await output(readerWords("mapped", mounted("mapped")), { timeoutMs: READ_MS }),
      await digest("mapped"),
    ),
  );
  await timed("two at once", ["first", "second"], async () => {
    const both = ["first", "second"].map((name) => catSha256(mounted(name), { timeoutMs: READ_MS }));
    assert.deepEqual(await Promise.all(both), [await digest("first"), await digest("second")]);
  });
  await readPages(scope, mounted("random"), files.random ?? "", size);
  figures["at random"] = `${size.pageCount} pages right, origin sent ${formatBytes(
    await origin.bytesSent("/random.bin"),
  )}`;
  return figures;
}

export interface CrowdSize {
  /** Lengths of the files, bytes; some fit into the room, and are passed through to the kernel once they are here. */
  readonly fileBytes: readonly number[];
  readonly quotaBytes: number;
  readonly readerCount: number;
  /** Whole files each reader reads, one after the other, each in a way of its own. */
  readonly readsEach: number;
  readonly binding: "native" | "fuse-native";
}

/** Reads a whole file past the kernel's page cache: every byte is asked for. */
function directSha256(path: string): Promise<string> {
  const script = 'set -o pipefail; dd if="$1" bs=64K iflag=direct status=none | sha256sum';
  return output(["bash", "-c", script, "bash", path], { timeoutMs: READ_MS }).then(
    (text) => text.split(" ")[0] ?? "",
  );
}

/** Many readers of many files at once, together far more than the room: each gets right bytes, none an error. */
export async function showCrowd(scope: Scope, size: CrowdSize): Promise<Figures> {
  const random = seededRandom("room crowd");
  const origin = await startNginx();
  scope.after(() => origin.stop());
  const files: { readonly name: string; readonly digest: string }[] = [];
  for (const [seed, bytes] of size.fileBytes.entries()) {
    const name = `crowd-${seed}.bin`;
    files.push({ name, digest: await sha256(await writeLarge(origin, { name, bytes, seed })) });
  }
  const daemon = await daemonWithin(scope, size);
  const ways = [
    (path: string) => catSha256(path, { timeoutMs: READ_MS }),
    (path: string) => output(readerWords("mapped", path), { timeoutMs: READ_MS }),
    directSha256,
  ];
  const begin = performance.now();
  const read = async () => {
    for (let count = 0; count < size.readsEach; count++) {
      const { name, digest } = random.pick(files);
      const way = random.pick(ways);
      assert.equal(await way(daemon.path(origin.url(name))), digest, `${name}, SEED=${random.seed}`);
    }
  };
  await Promise.all(Array.from({ length: size.readerCount }, read));
  const held = await diskBytes(join(daemon.storage, "content"));
  assert.ok(held <= size.quotaBytes + LISTS_BYTES_MAX, `on disk there were ${formatBytes(held)}`);
  return {
    reads: `${size.readerCount * size.readsEach} whole files by ${size.readerCount} readers, all right`,
    "files and the bound": `${size.fileBytes.length} of ${formatBytes(size.fileBytes.reduce((a, b) => a + b))} together, ${formatBytes(size.quotaBytes)}`,
    "origin sent": formatBytes(await origin.bytesSent()),
    time: formatMs(performance.now() - begin),
  };
}

async function daemonWithin(
  scope: Scope,
  size: Pick<RoomSize, "quotaBytes" | "binding">,
): Promise<DaemonProcess> {
  const daemon = await prepareDaemon(scope, {
    config: { gc: { policy: { cacheThreshold: `${size.quotaBytes / MIB}MiB` } } },
  });
  await daemon.start();
  await daemon.mount("--binding", size.binding);
  return daemon;
}

/** What df shows is what there is: never more free than the bound leaves. */
async function checkRoomTold(daemon: DaemonProcess, size: RoomSize): Promise<void> {
  // Both are of their own moment, and files are still being closed.
  await until("df and status to tell the same", async () => {
    const told = await output(["stat", "-f", "-c", "%S %b %f %a", daemon.mountpoint]);
    const [unit = 0, total = 0, free = 0, available = 0] = told.split(" ").map(Number);
    assert.equal(free, available);
    const { storage } = JSON.parse(await daemon.ask("p2pfs", ["status", "--json"]));
    assert.equal(storage.cacheThresholdBytes, size.quotaBytes);
    assert.ok(storage.availableBytes <= size.quotaBytes - storage.cacheBytes, JSON.stringify(storage));
    const apart = [available * unit - storage.availableBytes, (total - free) * unit - storage.usedBytes];
    return apart.every((bytes) => Math.abs(bytes) <= BLOCK_BYTES);
  });
}

export async function showRoom(scope: Scope, size: RoomSize): Promise<Figures> {
  const daemon = await daemonWithin(scope, size);
  const over = new AbortController();
  const watching = watchDisk(join(daemon.storage, "content"), over.signal);
  let figures: Figures;
  try {
    figures = await reads(scope, daemon, size);
    await checkRoomTold(daemon, size);
  } finally {
    over.abort();
  }
  const most = await watching;
  assert.ok(most <= size.quotaBytes + LISTS_BYTES_MAX, `on disk there were ${formatBytes(most)} at once`);
  assert.ok(most > size.quotaBytes / 2, `only ${formatBytes(most)} were seen on disk`);
  return {
    "each file and the bound": `${formatBytes(size.fileBytes)}, ${formatBytes(size.quotaBytes)}`,
    binding: size.binding,
    ...figures,
    "most on disk": formatBytes(most),
  };
}
