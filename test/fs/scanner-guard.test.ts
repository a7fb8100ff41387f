/** Who is a scanner, and what it gets: what is here whole, and nothing that would have to be fetched. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CancelledError } from "../../base/errors.ts";
import { patternContent } from "../../fs/memory-file.ts";
import { isNamed, ScannerGuard } from "../../fs/scanner-guard.ts";
import { MIB, makeFilesystem } from "./fixture.ts";

/** A /proc of a few processes. */
function procOf(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), "p2pfs-proc-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return {
    directory,
    /** Starts a process, or lets it execute another program. */
    set(pid: number, { comm, exe, startedAt = 100 }: { comm: string; exe?: string; startedAt?: number }) {
      const folder = join(directory, String(pid));
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const fields = Array.from({ length: 30 }, (_, n) => (n === 18 ? startedAt : n));
      writeFileSync(join(folder, "stat"), `${pid} (${comm}) S ${fields.join(" ")}\n`);
      if (exe !== undefined) symlinkSync(exe, join(folder, "exe"));
    },
  };
}

const UPDATEDB = { scanners: ["updatedb"], headerReaders: [] };

test("a scanner is known by its thread's name, by its program's, and by the part of a long one the kernel keeps", () => {
  const list = ["updatedb", "tracker-extract-3", "du"];
  const named = (comm: string, program?: string) => isNamed(list, { comm, program });
  assert.ok(named("updatedb", "updatedb.plocate"));
  assert.ok(named("pool-1", "tracker-extract-3"));
  assert.ok(named("tracker-extract", undefined));
  assert.ok(!named("tracker-extrac", undefined));
  assert.ok(!named("tracker-extract-4", "tracker-extract-4"));
  assert.ok(!named("python3", "python3.11"));
  assert.ok(!named("dust", "dust"));
});

test("a process is asked for by number; nobody, the kernel and who has ended are no scanners", async (t) => {
  const proc = procOf(t);
  proc.set(10, { comm: "updatedb", exe: "/usr/sbin/updatedb.plocate" });
  proc.set(11, { comm: "worker) S 1 (", exe: "/usr/bin/baloo_file (deleted)" });
  proc.set(12, { comm: "cat", exe: "/usr/bin/cat" });
  proc.set(14, { comm: "file", exe: "/usr/bin/file" });
  const programs = { scanners: ["updatedb", "baloo_file"], headerReaders: ["file"] };
  const guard = new ScannerGuard(programs, proc.directory);
  const told = await Promise.all([10, 11, 12, 13, 14, 0, -1].map((pid) => guard.accessOf(pid)));
  assert.deepEqual(told, ["nothing", "nothing", "all", "all", "header", "all", "all"]);
  const none = new ScannerGuard({ scanners: [], headerReaders: [] }, proc.directory);
  assert.equal(await none.accessOf(10), "all", "empty lists are no guard");
});

test("a number that is used again, and a process that executes another program, are judged anew", async (t) => {
  const proc = procOf(t);
  const guard = new ScannerGuard(UPDATEDB, proc.directory);
  proc.set(10, { comm: "bash", exe: "/bin/bash" });
  assert.equal(await guard.accessOf(10), "all");
  proc.set(10, { comm: "updatedb", exe: "/usr/bin/updatedb" });
  assert.equal(await guard.accessOf(10), "nothing");
  proc.set(10, { comm: "updatedb", exe: "/usr/bin/updatedb" });
  assert.equal(await guard.accessOf(10), "nothing");
  proc.set(10, { comm: "bash", exe: "/bin/bash", startedAt: 200 });
  assert.equal(await guard.accessOf(10), "all");
});

test("only so many processes are remembered", async (t) => {
  const proc = procOf(t);
  const guard = new ScannerGuard(UPDATEDB, proc.directory, 5);
  for (let pid = 1; pid <= 20; pid++) {
    proc.set(pid, { comm: pid % 2 === 0 ? "updatedb" : "cat" });
    assert.equal(await guard.accessOf(pid), pid % 2 === 0 ? "nothing" : "all");
    assert.ok(guard.knownCount <= 5);
  }
});

test("for a scanner a file that is not here is not opened at its source at all", {
  skip: process.platform === "linux" ? false : "who asks is told by /proc",
}, async (t) => {
  // This process is the one that asks.
  const { source, filesystem, find, log } = await makeFilesystem(t, {
    guarded: { scanners: ["node"], headerReaders: [] },
  });
  const file = source.addFile("cold", patternContent(3 * MIB, 1));
  source.addFile("whole", patternContent(MIB, 2), { arrival: "present" });
  source.addText("control", () => "text");
  const open = async (path: string, pid?: number) =>
    filesystem.open(await find(path), { write: false, ...(pid === undefined ? {} : { pid }) });
  await assert.rejects(open("cold", process.pid), { code: "PERMISSION" });
  assert.equal(file.opens.total, 0);
  assert.deepEqual(
    log.lines.filter(({ level }) => level === "warn"),
    [],
  );
  for (const path of ["whole", "control"]) filesystem.release(await open(path, process.pid));
  // Somebody else has it open, and part of it is here.
  const handle = await open("cold");
  file.arrive([0]);
  await assert.rejects(open("cold", process.pid), { code: "PERMISSION" });
  file.arrive([1, 2]);
  filesystem.release(await open("cold", process.pid));
  filesystem.release(handle);
  // A binding that cannot tell who asks guards nothing.
  file.update(patternContent(MIB, 3));
  for (const pid of [undefined, 0]) filesystem.release(await open("cold", pid));
});

test("a header reader has the first block fetched, reads what else is here, and is refused the rest", {
  skip: process.platform === "linux" ? false : "who asks is told by /proc",
}, async (t) => {
  const guarded = { scanners: [], headerReaders: ["node"] };
  const { source, filesystem, find, log } = await makeFilesystem(t, { guarded });
  const file = source.addFile("cold", patternContent(3 * MIB, 1));
  const handle = await filesystem.open(await find("cold"), { write: false, pid: process.pid });
  const refused = (offset: number, length: number) =>
    assert.throws(() => filesystem.read(handle, { offset, length }), { code: "PERMISSION" });
  refused(2 * MIB, 10);
  refused(MIB - 1, 2);
  (await filesystem.read(handle, { offset: 0, length: MIB })).end();
  assert.deepEqual(file.presentBlocks, [0]);
  file.arrive([2]);
  (await filesystem.read(handle, { offset: 2 * MIB, length: 2 * MIB })).end();
  refused(MIB, 10);
  assert.deepEqual(file.presentBlocks, [0, 2], "nothing was read ahead");
  filesystem.release(handle);
  const other = await filesystem.open(await find("cold"), { write: false });
  (await filesystem.read(other, { offset: MIB, length: 10 })).end();
  filesystem.release(other);
  assert.deepEqual(
    log.lines.filter(({ level }) => level === "warn"),
    [],
  );
});

test("whoever gives up while it is found out who he is leaves nothing open", {
  skip: process.platform === "linux" ? false : "who asks is told by /proc",
}, async (t) => {
  const { source, filesystem, find } = await makeFilesystem(t, {
    guarded: { scanners: ["nobody"], headerReaders: [] },
  });
  source.addFile("cold", patternContent(100, 1));
  const inode = await find("cold");
  for (let turns = 0; turns < 12; turns++) {
    const giveUp = new AbortController();
    const opening = filesystem.open(inode, { write: false, pid: process.pid }, giveUp.signal);
    const settled = opening.then(
      (handle) => filesystem.release(handle),
      () => {},
    );
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    giveUp.abort(new CancelledError("gave up"));
    await settled;
  }
  // What went on behind his back ends by itself.
  for (let turn = 0; turn < 1_000 && filesystem.handleCount > 0; turn++)
    await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(filesystem.handleCount, 0);
});
