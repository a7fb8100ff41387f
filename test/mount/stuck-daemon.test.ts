/** A daemon that was killed and cannot go, because a thread of it waits for its own mount. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import { Holder } from "../../holder/holder.ts";
import { addon, addonMissing } from "../native/built-addon.ts";
import { projectRoot } from "../project-root.ts";
import { detach, isAlive, mountMissing, until } from "../system/daemon.ts";
import { run } from "../system/processes.ts";
import { scopeOf } from "../system/scope.ts";

/** States of a process's threads, as the kernel letters them; none once it is gone. */
function taskStates(pid: number): string[] {
  if (!existsSync(`/proc/${pid}/task`)) return [];
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const text = readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2)[0] ?? "";
  });
}

const needsRoot = process.getuid?.() === 0 ? false : "mounting without a helper needs root";

describe("a killed daemon that cannot go", { skip: mountMissing() || addonMissing || needsRoot }, () => {
  test("is freed by cutting its mount off, and its successor makes the mount anew", async (t) => {
    const scope = scopeOf(t);
    const directory = join(await scope.folder("p2pfs-mnt-"), "p2p");
    // What a killed daemon leaves goes with the test.
    const TMPDIR = await scope.folder();
    mkdirSync(directory);
    scope.after(() => detach(directory));
    const children: ChildProcess[] = [];
    const reports: Readonly<Record<string, unknown>>[] = [];
    const holder = new Holder({
      addon: addon(),
      clock: systemClock,
      log: silentLogger,
      launch(fds, descriptors) {
        const entry = join(projectRoot(), "dist/test/mount/self-reader.js");
        const child = spawn(process.execPath, [entry, directory, fds.join(",")], {
          env: { ...process.env, TMPDIR },
          stdio: [
            "ignore",
            "inherit",
            "inherit",
            "pipe",
            ...(descriptors === undefined ? [] : [descriptors]),
          ],
        });
        children.push(child);
        return child;
      },
      report: (report) => void reports.push(report),
    });
    const keepAlive = setInterval(() => {}, 1_000);
    scope.after(async () => {
      holder.signal("SIGTERM");
      await holder.ended;
      clearInterval(keepAlive);
    });
    holder.start();
    await until("a daemon that waits for itself", () => reports.some(({ waiting }) => waiting));
    const [first] = children;
    const pid = first?.pid ?? 0;
    first?.kill("SIGKILL");
    // Its first thread is dead, another one is not: this is what the holder has to notice.
    const state = () => readFileSync(`/proc/${pid}/status`, "utf8").match(/^State:\s+(\S)/m)?.[1];
    await until("the death of its first thread", () => state() === "Z");
    const isCutOff = () => reports.some(({ cut }) => Array.isArray(cut) && cut[0] === true);
    // On a busy machine the holder may have noticed, and cut it off, before this does.
    await until("it cannot go", () => isCutOff() || taskStates(pid).includes("D"));
    await until("its successor", isCutOff);
    assert.ok(!isAlive(pid));
    assert.equal((await run(["wc", "-c", join(directory, "file")])).stdout.split(" ")[0], "100000");
  });
});
