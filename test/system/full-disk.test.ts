/** A real small filesystem under the storage: ENOSPC when it is full, and nothing already there is harmed. */
import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { randomContent } from "../origin/content.ts";
import { nginxMissing, startNginx } from "../origin/nginx.ts";
import { mountedDaemon, mountMissing, readerWords, until } from "./daemon.ts";
import { ERRNO_WORDS } from "./expectations.ts";
import { catSha256, output, run, sha256, start } from "./processes.ts";
import { type Scope, scopeOf } from "./scope.ts";
import { formatBytes, MIB } from "./shows/figures.ts";
import { addonMissing } from "./shows/room.ts";

/** Size of the filesystem, bytes. */
const DISK_BYTES = 64 * MIB;

const needsRoot = process.getuid?.() === 0 ? false : "a small filesystem of its own needs root";

/** Makes an ext4 in a file and mounts it; undefined where this machine has no loop devices. */
async function smallDisk(scope: Scope): Promise<string | undefined> {
  const folder = await scope.folder();
  const image = join(folder, "image");
  const place = join(folder, "disk");
  await mkdir(place);
  const file = await open(image, "w");
  await file.truncate(DISK_BYTES);
  await file.close();
  await output(["mkfs.ext4", "-q", "-m", "0", image]);
  if ((await run(["mount", "-o", "loop", image, place])).code !== 0) return undefined;
  scope.after(() => output(["umount", place]));
  await rm(join(place, "lost+found"), { recursive: true, force: true });
  return place;
}

/** Total and free bytes as df has them. */
async function roomOf(path: string): Promise<{ total: number; free: number }> {
  const told = (await output(["stat", "-f", "-c", "%S %b %a", path])).split(" ").map(Number);
  const [unit = 0, blocks = 0, available = 0] = told;
  return { total: unit * blocks, free: unit * available };
}

/** df of the mount tells no more than the disk has. */
async function checkRoomTold(mountpoint: string, disk: string): Promise<void> {
  const { total } = await roomOf(mountpoint);
  assert.ok(total <= DISK_BYTES && total > DISK_BYTES / 2, `total: ${formatBytes(total)}`);
  // The disk is asked once a second.
  await until("the mount and the disk to tell the same", async () => {
    const [told, onDisk] = await Promise.all([roomOf(mountpoint), roomOf(disk)]);
    return Math.abs(told.free - onDisk.free) <= MIB;
  });
}

describe("a full disk", { skip: nginxMissing() || mountMissing() || needsRoot }, () => {
  test("bounds no file that is read: one of three times its length is right from end to end, while others stay open", {
    skip: addonMissing(),
  }, async (t) => {
    const scope = scopeOf(t);
    const disk = await smallDisk(scope);
    if (disk === undefined) return t.skip("this machine has no loop devices");
    const origin = await startNginx();
    scope.after(() => origin.stop());
    const small = await origin.write("small.bin", randomContent(9_000_001, 1));
    const large = await origin.write("large.bin", randomContent(3 * DISK_BYTES, 2));
    const daemon = await mountedDaemon(scope, { config: { storage: { dir: join(disk, "storage") } } });
    const path = daemon.path(origin.url("small.bin"));
    assert.equal(await catSha256(path), await sha256(small));
    const holder = start(scope, readerWords("steps", path));
    assert.match(await holder.ask("open"), /open$/);
    assert.equal(await catSha256(daemon.path(origin.url("large.bin"))), await sha256(large));
    const sent = await origin.bytesSent("/large.bin");
    assert.ok(sent <= 1.1 * 3 * DISK_BYTES, `of the large file the origin sent ${formatBytes(sent)}`);
    await checkRoomTold(daemon.mountpoint, disk);
    await origin.halt();
    const asked = await holder.ask(`read 0 ${9_000_001}`);
    assert.equal(asked.split(" ")[1], await sha256(small), "the open file");
    await holder.finish();
    await origin.resume();
    const outside = join(await scope.folder(), "out");
    const copied = await daemon.command("dfget", [origin.url("large.bin"), "-O", outside]);
    assert.equal(copied.code, 1, "a copy needs all of it at one time");
    assert.match(`${copied.stdout}${copied.stderr}`, /space/i);
    assert.ok(!existsSync(outside), "no output is left");
    assert.equal(await catSha256(path), await sha256(small), "and nothing is harmed");
  });

  test("filled by somebody else is ENOSPC, and reads go on once there is room", async (t) => {
    const scope = scopeOf(t);
    const disk = await smallDisk(scope);
    if (disk === undefined) return t.skip("this machine has no loop devices");
    const origin = await startNginx();
    scope.after(() => origin.stop());
    const file = await origin.write("model.bin", randomContent(20 * MIB + 3, 3));
    const daemon = await mountedDaemon(scope, { config: { storage: { dir: join(disk, "storage") } } });
    const ballast = join(disk, "ballast");
    await run(["dd", "if=/dev/zero", `of=${ballast}`, "bs=64K", "status=none"]);
    const ballastBytes = statSync(ballast).size;
    const path = daemon.path(origin.url("model.bin"));
    const { code, stderr } = await run(["cat", path], { environment: { LC_ALL: "C" } });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(ERRNO_WORDS.ENOSPC));
    assert.equal(statSync(ballast).size, ballastBytes, "other people's data is left alone");
    await rm(ballast);
    await until("the file to be read", async () => (await run(["sha256sum", path])).code === 0);
    assert.equal(await catSha256(path), await sha256(file));
  });
});
