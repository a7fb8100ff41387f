/** A real filesystem of a chosen size: an ext4 image on a loop device, for tests that fill it. */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { atEnd } from "../daemon/storage/disk-fixture.ts";

export interface SmallFilesystem {
  /** Where it is mounted. */
  readonly path: string;
  /** Takes all that is left, as another program would. */
  fill(): void;
  /** Gives back what `fill` took. */
  unfill(): void;
}

/**
 * Mounted until the test's end.
 * @returns undefined when this machine cannot; the test is then skipped, with the reason
 */
export function smallFilesystem(t: TestContext, bytes: number): SmallFilesystem | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    t.skip("mounting a filesystem of its own needs Linux and root");
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-small-"));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  const image = join(folder, "image");
  const path = join(folder, "mnt");
  mkdirSync(path);
  closeSync(openSync(image, "w"));
  truncateSync(image, bytes);
  try {
    execFileSync("mkfs.ext4", ["-q", "-F", "-m", "0", image], { stdio: "pipe" });
    execFileSync("mount", ["-o", "loop", image, path], { stdio: "pipe" });
  } catch (error) {
    t.skip(`no loop-mounted ext4 here: ${(error as Error).message.split("\n")[0]}`);
    return undefined;
  }
  atEnd(t, () => execFileSync("umount", [path]));
  const filler = join(path, "filler");
  return {
    path,
    fill() {
      const { bavail, bsize } = statfsSync(path);
      // Blocks are taken without being written; what fallocate cannot round is written.
      const bulk = Math.max(0, bavail * bsize - 1024 * 1024);
      if (bulk > 0) execFileSync("fallocate", ["-l", String(bulk), filler]);
      const fd = openSync(filler, "a");
      try {
        for (;;) writeSync(fd, Buffer.alloc(512, 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(fd);
      }
    },
    unfill() {
      rmSync(filler);
    },
  };
}
