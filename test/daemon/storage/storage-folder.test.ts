/** Whose folder it is, who may read it, and one process at a time. */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/logger.ts";
import { DiskStorage } from "../../../daemon/storage/disk-storage.ts";
import { putPiece, recordOf } from "../../suites/storage-fixtures.ts";
import { diskFixture, temporaryFolder } from "./disk-fixture.ts";

const openIn = (dir: string, keep = true) =>
  DiskStorage.open({ dir, keep, clock: new FakeClock(), log: silentLogger });

test("a missing folder is made with all above it, and nobody else may look into it", async (t) => {
  const root = temporaryFolder(t);
  const umask = process.umask(0);
  try {
    const { storage, dir } = await diskFixture(t, { dir: join(root, "a/b/storage") });
    const task = await storage.create(recordOf("task-a"));
    for (const folder of [".", "content", "metadata", "tmp", "content/tasks", "content/tasks/tas"])
      assert.equal(statSync(join(dir, folder)).mode & 0o777, 0o700, folder);
    const files = [task.contentPath, `${task.contentPath}.bits`, join(dir, "p2pfs-storage")];
    for (const file of files) assert.equal(statSync(file).mode & 0o777, 0o600, file);
    await task.close();
  } finally {
    process.umask(umask);
  }
});

test("each kind of task has a folder of its own, named as Dragonfly names them", async (t) => {
  const { storage, dir } = await diskFixture(t);
  for (const [kind, folder] of [
    ["standard", "tasks"],
    ["persistent", "persistent-tasks"],
    ["persistent-cache", "persistent-cache-tasks"],
  ] as const) {
    const task = await storage.create(recordOf(`task-${kind}`, { kind }));
    assert.equal(task.contentPath, join(dir, "content", folder, "tas", `task-${kind}`));
    await task.close();
  }
});

test("a folder with somebody else's data is refused in one sentence, and nothing in it is touched", async (t) => {
  const dir = temporaryFolder(t);
  mkdirSync(join(dir, "content/tasks"), { recursive: true });
  writeFileSync(join(dir, "content/tasks/file"), "Dragonfly's");
  await assert.rejects(openIn(dir, false), (error: Error & { code?: string }) => {
    assert.equal(error.code, "INVALID_CONFIG");
    assert.equal(
      error.message,
      `storage.dir ${dir} holds data that is not p2pfs' own; name an empty or a new folder`,
    );
    return true;
  });
  assert.deepEqual(readdirSync(dir), ["content"]);
  assert.equal(readFileSync(join(dir, "content/tasks/file"), "utf8"), "Dragonfly's");
});

test("a folder of another layout is refused, not emptied", async (t) => {
  const dir = temporaryFolder(t);
  writeFileSync(join(dir, "p2pfs-storage"), "p2pfs storage, layout 2\n");
  await assert.rejects(openIn(dir, false), { code: "INVALID_CONFIG" });
});

test("an empty folder, a new filesystem, and a marker that was cut short are taken", async (t) => {
  for (const [name, text] of [
    ["lost+found", undefined],
    ["p2pfs-storage", ""],
    ["p2pfs-storage", "p2pfs sto"],
  ] as const) {
    const dir = temporaryFolder(t);
    if (text === undefined) mkdirSync(join(dir, name));
    else writeFileSync(join(dir, name), text);
    await (await openIn(dir)).close();
    await (await openIn(dir)).close();
  }
});

test("a file in the folder's place is refused", async (t) => {
  const path = join(temporaryFolder(t), "file");
  writeFileSync(path, "");
  await assert.rejects(openIn(path), {
    code: "INVALID_CONFIG",
    message: `storage.dir ${path} is not a folder`,
  });
  await assert.rejects(openIn(join(path, "below")), { code: "INVALID_CONFIG" });
});

test("a folder that cannot be written is refused with its name", async (t) => {
  if (process.getuid?.() === 0) {
    // Root may write anywhere but where the kernel itself refuses.
    await assert.rejects(openIn("/proc/p2pfs-storage"), (error: Error) => {
      assert.match(error.message, /^storage\.dir \/proc\/p2pfs-storage cannot be used: /);
      return true;
    });
    return;
  }
  const dir = temporaryFolder(t);
  chmodSync(dir, 0o500);
  await assert.rejects(openIn(join(dir, "storage")), { code: "PERMISSION" });
});

test("a link to a volume that is not there is refused, and does not hang", async (t) => {
  const link = join(temporaryFolder(t), "volume");
  symlinkSync("/nowhere/at/all", link);
  for (const dir of [link, join(link, "storage")]) await assert.rejects(openIn(dir), { code: "NOT_FOUND" });
});

test("a second one on the same folder is refused in one sentence, and the first goes on", async (t) => {
  const { storage, dir } = await diskFixture(t);
  for (const keep of [true, false])
    await assert.rejects(openIn(dir, keep), {
      code: "BUSY",
      message: `another process uses the storage ${join(dir, "metadata")}`,
    });
  const task = await storage.create(recordOf("task-a"));
  await putPiece(task, 0);
  await task.close();
});

test("storage.keep=false begins empty: records, bytes and facts are gone", async (t) => {
  const fixture = await diskFixture(t);
  const task = await fixture.storage.create(recordOf("task-a"));
  await putPiece(task, 0);
  await task.close();
  fixture.storage.facts.put("answer", "a", 1);
  const storage = await fixture.reopen({ keep: false });
  assert.deepEqual([...storage.records()], []);
  assert.equal(await storage.facts.get("answer", "a"), undefined);
  assert.ok(!existsSync(dirname(fixture.contentPath("task-a"))));
  await storage.maintain();
  assert.deepEqual(readdirSync(join(fixture.dir, "tmp")), [], "the bytes are gone from the disk, too");
  await (await storage.create(recordOf("task-a"))).close();
});

test("storage.keep is true when it is not said", async (t) => {
  const fixture = await diskFixture(t);
  await (await fixture.storage.create(recordOf("task-a"))).close();
  assert.ok((await fixture.reopen()).record("task-a"));
});
