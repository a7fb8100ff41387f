/** What every storage promises. An implementation passes it by a one-line call with a factory. */
import assert from "node:assert/strict";
import { existsSync, fstatSync, readSync, writeSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { TEMPORARY_FILES_MAX } from "../../base/limits.ts";
import type { CollectPolicy } from "../../daemon/storage/collection.ts";
import type { Storage } from "../../daemon/storage/storage.ts";
import { storageCollectionTests } from "./storage-collection.ts";
import { storageContentTests } from "./storage-content.ts";
import { storageEvictionTests } from "./storage-eviction.ts";
import { blockBytes, MIB, putBlock, putPiece, readBlock, recordOf, setBits } from "./storage-fixtures.ts";
import { type Restart, storageModelTests } from "./storage-model.ts";

export interface StorageOptions {
  readonly clock: FakeClock;
  readonly policy?: Partial<CollectPolicy>;
  readonly openTasksMax?: number;
}

/** Makes an empty storage; `t.after` takes away what it leaves. */
export type MakeStorage = (t: TestContext, options: StorageOptions) => Promise<Storage>;

/** @param restart for those that keep what they hold */
export function storageSuite(name: string, make: MakeStorage, restart?: Restart): void {
  describe(name, () => {
    storageContentTests(make);
    lifeTests(make);
    storageCollectionTests(make);
    storageEvictionTests(make);
    factTests(make);
    storageModelTests(make, restart);
  });
}

function lifeTests(make: MakeStorage): void {
  test("a task cannot be made twice; of many who try at once one succeeds", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => storage.create(recordOf("task-a"))),
    );
    const made = tries.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    assert.equal(made.length, 1);
    for (const result of tries)
      if (result.status === "rejected") assert.equal(result.reason.code, "ALREADY_EXISTS");
    await made[0]?.close();
    await assert.rejects(storage.create(recordOf("task-a")), { code: "ALREADY_EXISTS" });
  });

  test("what is not known cannot be opened or deleted", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    await assert.rejects(storage.open("task-a"), { code: "NOT_FOUND" });
    await assert.rejects(storage.delete("task-a"), { code: "NOT_FOUND" });
    assert.equal(storage.record("task-a"), undefined);
    assert.deepEqual([...storage.records()], []);
  });

  test("ids that cannot be file names and lengths that are none are refused", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    for (const id of ["", "ab", "../../etc/passwd", "a/b/c", "task.bits", "täsk", "x".repeat(201)])
      await assert.rejects(storage.create(recordOf(id)), { code: "INVALID_ARGUMENT" }, id);
    for (const fields of [
      { contentLength: -1 },
      { contentLength: 1.5 },
      { contentLength: 2 ** 53 },
      { pieceLength: 0 },
      { pieceLength: 4 * MIB + 1 },
    ])
      await assert.rejects(storage.create(recordOf("task-a", fields)), { code: "INVALID_ARGUMENT" });
    const longest = await storage.create(recordOf("x".repeat(200)));
    await longest.close();
  });

  test("an update is in every record at once, and after the last close", async (t) => {
    const clock = new FakeClock();
    const storage = await make(t, { clock });
    const task = await storage.create(recordOf("task-a"));
    const other = await storage.open("task-a");
    task.update({ bytesFromSource: 7, finishedAtMs: 99, verified: "anchored" });
    assert.equal(other.record.bytesFromSource, 7);
    assert.equal(storage.record("task-a")?.finishedAtMs, 99);
    assert.equal([...storage.records()][0]?.verified, "anchored");
    clock.advance(5_000);
    await Promise.all([task.close(), other.close()]);
    const expected = {
      bytesFromSource: 7,
      finishedAtMs: 99,
      verified: "anchored",
      updatedAtMs: clock.nowMs(),
    };
    assert.deepEqual(storage.record("task-a"), recordOf("task-a", expected as object));
  });

  test("a task deleted while open is forgotten at once, and its bytes stay until the last close", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const one = await storage.create(recordOf("task-a"));
    const two = await storage.open("task-a");
    await putPiece(one, 0);
    const path = one.contentPath;
    await storage.delete("task-a");
    assert.equal(storage.record("task-a"), undefined);
    assert.ok(!existsSync(path), "its name is gone");
    assert.ok(one.deleted && two.deleted);
    await one.close();
    assert.deepEqual(readBlock(two, 1), blockBytes(two, 1));
    putBlock(two, 4);
    two.update({ bytesFromSource: 1 });
    assert.equal(storage.record("task-a"), undefined, "an update does not bring it back");
    assert.ok((await storage.usage()).usedBytes >= 5 * MIB);
    await two.close();
    assert.ok((await storage.usage()).usedBytes < MIB);
    await assert.rejects(storage.open("task-a"), { code: "NOT_FOUND" });
  });

  test("a task made again under the id of a deleted one that is still open shares nothing with it", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const old = await storage.create(recordOf("task-a"));
    await putPiece(old, 0);
    await storage.delete("task-a");
    const fresh = await storage.create(recordOf("task-a", { contentLength: 5 * MIB, url: "http://x.test/" }));
    assert.deepEqual(setBits(fresh.blocks), []);
    putBlock(fresh, 4);
    old.update({ bytesFromSource: 5 });
    await old.discard(0, MIB);
    await old.close();
    assert.equal(storage.record("task-a")?.bytesFromSource, 0);
    assert.deepEqual([setBits(fresh.blocks), fresh.deleted], [[4], false]);
    await fresh.close();
    const again = await storage.open("task-a");
    assert.deepEqual(setBits(again.blocks), [4]);
    assert.equal((await again.pieceRecords([0])).length, 0);
    await again.close();
  });

  test("a closed opening refuses its descriptor and every change; closing it again does nothing", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const one = await storage.create(recordOf("task-a"));
    const two = await storage.open("task-a");
    await Promise.all([one.close(), one.close()]);
    await one.close();
    assert.throws(() => one.fd, { code: "CLOSED" });
    assert.throws(() => one.setBlock(0, 0), { code: "CLOSED" });
    assert.throws(() => one.update({ bytesFromSource: 1 }), { code: "CLOSED" });
    await assert.rejects(one.finishPiece(0, { costMs: 0 }), { code: "CLOSED" });
    await assert.rejects(one.discard(0, 1), { code: "CLOSED" });
    await assert.rejects(one.sync(), { code: "CLOSED" });
    putBlock(two, 0);
    assert.ok(two.hasBlock(0), "the other opening lives on");
    await two.close();
  });

  test("the last close waits for a piece that is being finished", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const task = await storage.create(recordOf("task-a"));
    for (const block of [0, 1, 2, 3]) putBlock(task, block);
    const finishing = task.finishPiece(0, { costMs: 1 });
    await task.close();
    assert.equal((await finishing).number, 0);
    const again = await storage.open("task-a");
    assert.deepEqual(setBits(again.pieces), [0]);
    await again.close();
  });

  test("no more tasks are open at once than the bound allows", async (t) => {
    const storage = await make(t, { clock: new FakeClock(), openTasksMax: 2 });
    const one = await storage.create(recordOf("task-a"));
    const two = await storage.create(recordOf("task-b"));
    await assert.rejects(storage.create(recordOf("task-c")), { code: "TOO_MANY_OPEN" });
    const again = await storage.open("task-a");
    await two.close();
    const three = await storage.create(recordOf("task-c"));
    await assert.rejects(storage.open("task-b"), { code: "TOO_MANY_OPEN" });
    await Promise.all([one.close(), again.close(), three.close()]);
    await (await storage.open("task-b")).close();
  });

  test("a temporary file has no name, holds bytes until its close, and there are not too many", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const file = await storage.temporaryFile();
    writeSync(file.fd, "some bytes", 3 * MIB);
    const bytes = Buffer.alloc(4);
    readSync(file.fd, bytes, 0, 4, 3 * MIB + 5);
    assert.equal(bytes.toString(), "byte");
    assert.equal(fstatSync(file.fd).nlink, 0);
    const more = await Promise.all(
      Array.from({ length: TEMPORARY_FILES_MAX - 1 }, () => storage.temporaryFile()),
    );
    await assert.rejects(storage.temporaryFile(), { code: "TOO_MANY" });
    await Promise.all([file.close(), file.close()]);
    await (await storage.temporaryFile()).close();
    await Promise.all(more.map((one) => one.close()));
  });

  test("a closed storage refuses, and closing it again does nothing", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    await (await storage.create(recordOf("task-a"))).close();
    await Promise.all([storage.close(), storage.close()]);
    await storage.close();
    await assert.rejects(storage.open("task-a"), { code: "CLOSED" });
    await assert.rejects(storage.create(recordOf("task-b")), { code: "CLOSED" });
    await assert.rejects(storage.delete("task-a"), { code: "CLOSED" });
    await assert.rejects(storage.collect(), { code: "CLOSED" });
    await assert.rejects(storage.temporaryFile(), { code: "CLOSED" });
  });
}

function factTests(make: MakeStorage): void {
  const all = async (storage: Storage, space: string) => {
    const found: [string, unknown][] = [];
    for await (const [key, value] of storage.facts.entries(space)) found.push([key, value]);
    return found;
  };

  test("a fact is read as soon as it is put, by value, and is gone when deleted", async (t) => {
    const { facts } = await make(t, { clock: new FakeClock() });
    const value = { url: "http://x.test/", n: 1, deep: [null, true, "ü"] };
    facts.put("answer", "a", value);
    value.n = 2;
    assert.deepEqual(await facts.get("answer", "a"), { ...value, n: 1 });
    assert.equal(await facts.get("answer", "b"), undefined);
    assert.equal(await facts.get("link", "a"), undefined, "spaces are apart");
    await facts.flush();
    facts.put("answer", "a", "other");
    assert.equal(await facts.get("answer", "a"), "other");
    facts.delete("answer", "a");
    assert.equal(await facts.get("answer", "a"), undefined);
    await facts.flush();
    assert.equal(await facts.get("answer", "a"), undefined);
  });

  test("entries come in the order of their keys' bytes, those just put and those long kept alike", async (t) => {
    const storage = await make(t, { clock: new FakeClock() });
    const { facts } = storage;
    const keys = ["", "a", "a b", "a/b", "a\u0000", "aa", "b", "é", "𝄞", "\uffee", "10", "9"];
    for (const key of keys) facts.put("answer", key, `old ${key}`);
    facts.put("answers", "x", 1);
    facts.put("answe", "x", 1);
    await facts.flush();
    facts.put("answer", "a", "new a");
    facts.put("answer", "a1", "new a1");
    facts.delete("answer", "b");
    facts.put("answer", "zz", "gone");
    facts.delete("answer", "zz");
    const expected = [...keys.filter((key) => key !== "b"), "a1"]
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map((key) => [key, key === "a" || key === "a1" ? `new ${key}` : `old ${key}`]);
    assert.deepEqual(await all(storage, "answer"), expected);
    assert.deepEqual(await all(storage, "nothing"), []);
  });
}
