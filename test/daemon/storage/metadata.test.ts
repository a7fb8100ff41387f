/** The batching writer over level: what is read before it is written, what is written when, and what a restart finds. */
import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { METADATA_FLUSH_MS, METADATA_PAGE_MAX } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { Metadata } from "../../../daemon/storage/metadata.ts";
import { Reserve } from "../../../daemon/storage/reserve.ts";
import { seededRandom } from "../../base/seeded-random.ts";
import { atEnd, temporaryFolder } from "./disk-fixture.ts";

async function openMetadata(t: TestContext, folder = join(temporaryFolder(t), "metadata")) {
  const clock = new FakeClock();
  const reserve = new Reserve(`${folder}-reserve`);
  const metadata = await Metadata.open({ folder, clock, log: silentLogger, reserve });
  atEnd(t, () => metadata.close());
  return { metadata, clock, folder };
}

/** What a process that is killed now would leave, opened. */
async function afterKill(t: TestContext, folder: string): Promise<Metadata> {
  const copy = join(temporaryFolder(t), "metadata");
  cpSync(folder, copy, { recursive: true });
  rmSync(join(copy, "LOCK"));
  return (await openMetadata(t, copy)).metadata;
}

async function all(metadata: Metadata, prefix: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const [key, value] of metadata.entries(prefix)) found.push([key, value]);
  return found;
}

test("what is put is read at once, and on disk a tenth of a second later", async (t) => {
  const { metadata, clock, folder } = await openMetadata(t);
  metadata.put("t!a", "1");
  metadata.put("t!b", "2");
  assert.equal(await metadata.get("t!a"), "1");
  clock.advance(METADATA_FLUSH_MS - 1);
  assert.equal(metadata.waitingCount, 2);
  assert.equal(await (await afterKill(t, folder)).get("t!a"), undefined);
  clock.advance(1);
  await metadata.flush();
  assert.equal(metadata.waitingCount, 0);
  assert.deepEqual(await all(await afterKill(t, folder), "t!"), [
    ["t!a", "1"],
    ["t!b", "2"],
  ]);
});

test("a flush resolves when all that was put before it outlives a kill, also while another write is under way", async (t) => {
  const { metadata, folder } = await openMetadata(t);
  metadata.put("t!a", "1");
  const first = metadata.flush();
  await new Promise(setImmediate);
  metadata.put("t!b", "2");
  metadata.delete("t!a");
  const second = metadata.flush();
  assert.equal(await metadata.get("t!a"), undefined);
  assert.equal(await metadata.get("t!b"), "2");
  await Promise.all([first, second, metadata.flush()]);
  assert.deepEqual(await all(await afterKill(t, folder), "t!"), [["t!b", "2"]]);
});

test("a value that is made when it is written has what changed meanwhile", async (t) => {
  const { metadata, folder } = await openMetadata(t);
  let value = "early";
  metadata.put("t!a", () => value);
  value = "late";
  await metadata.flush();
  value = "too late";
  assert.equal(await (await afterKill(t, folder)).get("t!a"), "late");
});

test("entries are those under the prefix, written and waiting, whatever the pages they come in", async (t) => {
  const random = seededRandom("metadata-entries");
  const { metadata } = await openMetadata(t);
  const model = new Map<string, string>();
  for (let round = 0; round < 6; round++) {
    for (let count = 0; count < METADATA_PAGE_MAX; count++) {
      const key = `f!${random.pick(["a", "b", "é", "𝄞"])}${random.below(2_000)}`;
      if (random.below(4) === 0) {
        metadata.delete(key);
        model.delete(key);
      } else {
        metadata.put(key, `${round}/${count}`);
        model.set(key, `${round}/${count}`);
      }
    }
    metadata.put("f", "before the prefix");
    metadata.put('f"', "after the prefix");
    const flushing = round % 2 === 0 ? metadata.flush() : undefined;
    const expected = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(await all(metadata, "f!"), expected);
    await flushing;
  }
});

test("every key under a prefix is deleted, waiting ones too, and no other", async (t) => {
  const { metadata } = await openMetadata(t);
  for (let n = 0; n < METADATA_PAGE_MAX + 10; n++) metadata.put(`p!x!${n}`, "1");
  await metadata.flush();
  metadata.put("p!x!new", "1");
  metadata.put("p!xy!1", "1");
  await metadata.deleteAll("p!x!");
  assert.deepEqual(await all(metadata, "p!"), [["p!xy!1", "1"]]);
  await metadata.flush();
  assert.deepEqual(await all(metadata, "p!"), [["p!xy!1", "1"]]);
});

test("closing writes what waits; a closed one refuses", async (t) => {
  const { metadata, folder } = await openMetadata(t);
  metadata.put("t!a", "1");
  await Promise.all([metadata.close(), metadata.close()]);
  await assert.rejects(metadata.get("t!b"), { code: "CLOSED" });
  const again = (await openMetadata(t, folder)).metadata;
  assert.equal(await again.get("t!a"), "1");
});
