/** Promises about mounting and unmounting. */
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { P2pfsError } from "../../../base/errors.ts";
import { readMountTable } from "../../../base/mount-table.ts";
import { patternBytes } from "../../../fs/memory-file.ts";
import { holdersOf } from "../../../fs/mount-holders.ts";
import { eventually, python, run, start } from "../../mount/programs.ts";
import { makeMountpoint, type Served, serveMount } from "../../mount/served.ts";
import { failsWith, isRoot, MIB, openFile, type PromiseTests } from "./under-test.ts";

const SEED = 4;
const coded = (code: string) => (error: unknown) => error instanceof P2pfsError && error.code === code;
const isListed = async (directory: string) =>
  (await readMountTable()).some((entry) => entry.directory === directory);
const ends = (served: Served) => eventually("the session ends", () => served.tell("hasEnded"));

export const LIFECYCLE: PromiseTests = {
  async "A mount that is in use is not unmounted"(t, { binding }) {
    const served = await serveMount(t, { binding });
    await served.tell("addFile", "d/f", 2 * MIB, SEED);
    const sleeper = start("sleep", ["600"], { cwd: served.path("d") });
    await eventually("sleep is there", async () => (await holdersOf(served.directory)).length > 0);
    await assert.rejects(served.tell("unmount"), coded("BUSY"));
    const [holder] = await holdersOf(served.directory);
    assert.deepEqual(holder, {
      pid: sleeper.child.pid,
      command: "sleep",
      holds: "working directory",
      path: served.path("d"),
    });
    sleeper.child.kill();
    await sleeper.ended;
    const handle = await openFile(t, served.path("d/f"));
    await assert.rejects(served.tell("unmount"), coded("BUSY"));
    assert.equal((await holdersOf(served.directory))[0]?.holds, "open file");

    await served.tell("unmount", { lazy: true });
    assert.deepEqual(await readdir(served.directory), [], "the name is gone");
    const bytes = Buffer.alloc(100);
    await handle.read(bytes, 0, 100, MIB);
    assert.deepEqual(bytes, patternBytes(SEED, MIB, 100), "what is open can be read");
    assert.equal(await served.tell("hasEnded"), false);
    await handle.close();
    await ends(served);

    const forced = await serveMount(t, { binding });
    await forced.tell("addFile", "f", 2 * MIB, SEED);
    await forced.tell("setGate", "f", "held");
    const cat = run("cat", forced.path("f"));
    await eventually("cat waits", async () => (await forced.tell("wants", "f")).length > 0);
    await forced.tell("unmount", { force: true });
    assert.equal(await isListed(forced.directory), false);
    assert.equal((await cat).status, 1);
    await ends(forced);
  },

  async "Whoever unmounts it, the mount ends"(t, { binding }) {
    const commands = [
      ["fusermount3", "-u"],
      ...(isRoot ? [["umount"], ["umount", "-l"], ["umount", "-f"]] : []),
    ];
    for (const [command = "", ...args] of commands) {
      const served = await serveMount(t, { binding });
      await served.tell("addBytes", "f", "hello");
      assert.equal(await readFile(served.path("f"), "utf8"), "hello");
      const { status, stderr } = await run(command, ...args, served.directory);
      assert.equal(status, 0, stderr);
      await ends(served);
      assert.equal(await isListed(served.directory), false);
      await served.tell("unmount");
    }
    const served = await serveMount(t, { binding });
    await served.tell("unmount");
    assert.equal(await served.tell("hasEnded"), true);
    assert.equal(await isListed(served.directory), false);
  },

  async "What a dead server left is taken away by the next mount"(t, { binding }) {
    const directory = await makeMountpoint(t);
    const first = await serveMount(t, { binding, directory });
    await first.tell("addBytes", "f", "first");
    assert.equal(await readFile(first.path("f"), "utf8"), "first");
    await assert.rejects(serveMount(t, { binding, directory }), coded("BUSY"));
    await assert.rejects(
      serveMount(t, { binding, directory: join(directory, "f") }),
      coded("FAILED_PRECONDITION"),
    );
    first.process.kill("SIGKILL");
    await eventually("the mount is dead", async () => {
      return (await python("print(name_of(lambda: os.stat(args[0])))", directory)) === "ENOTCONN";
    });
    assert.equal(await isListed(directory), true);
    const second = await serveMount(t, { binding, directory });
    await second.tell("addBytes", "f", "second");
    assert.equal(await readFile(second.path("f"), "utf8"), "second");
    await second.tell("unmount");

    await assert.rejects(serveMount(t, { binding, directory: join(directory, "none") }), coded("NOT_FOUND"));
    await writeFile(join(directory, "file"), "x");
    await assert.rejects(
      serveMount(t, { binding, directory: join(directory, "file") }),
      coded("NOT_A_DIRECTORY"),
    );
    await assert.rejects(serveMount(t, { binding, directory }), coded("FAILED_PRECONDITION"));
    await mkdir(join(directory, "empty"));
    const third = await serveMount(t, { binding, directory: join(directory, "empty") });
    await assert.rejects(stat(third.path("f")), failsWith("ENOENT"));
    await third.tell("unmount");
  },
};
