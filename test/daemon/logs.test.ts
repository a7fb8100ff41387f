/** The log of a detached daemon, in files of bounded size, and its newest lines in memory. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { LOG_BUFFER_BYTES_MAX, LOG_RECENT_BYTES_MAX } from "../../base/limits.ts";
import { LogFile } from "../../daemon/log-file.ts";
import { RecentLog } from "../../daemon/recent-log.ts";

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-log-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

const clock = new FakeClock();

test("lines are appended in order, and a new file is begun before one grows beyond its size", async (t) => {
  const folder = await folderOf(t);
  const path = join(folder, "d.log");
  const log = await LogFile.open({ path, fileBytes: 1000, fileCount: 3, clock });
  for (let line = 0; line < 100; line++) {
    log.write(`line ${String(line).padStart(3, "0")} ${"x".repeat(40)}\n`);
    // Each line is a write of its own only when the disk is let in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await log.close();
  await log.close();
  const names = readdirSync(folder).sort();
  assert.deepEqual(names, ["d.log", "d.log.1", "d.log.2"]);
  for (const name of names) assert.ok(statSync(join(folder, name)).size <= 1000, name);
  const kept = ["d.log.2", "d.log.1", "d.log"]
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("");
  const numbers = kept
    .trimEnd()
    .split("\n")
    .map((line) => Number(line.slice(5, 8)));
  assert.equal(numbers.at(-1), 99, "the newest line is there");
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
});

test("a file that is there is continued", async (t) => {
  const path = join(await folderOf(t), "d.log");
  for (const text of ["one\n", "two\n"]) {
    const log = await LogFile.open({ path, fileBytes: 1000, fileCount: 2, clock });
    log.write(text);
    await log.close();
  }
  assert.equal(readFileSync(path, "utf8"), "one\ntwo\n");
});

test("a log that cannot be opened says which", async (t) => {
  const path = join(await folderOf(t), "absent", "d.log");
  await assert.rejects(LogFile.open({ path, fileBytes: 1000, fileCount: 2, clock }), {
    code: "NOT_FOUND",
    message: /absent\/d\.log/,
  });
});

test("lines beyond the memory they may take are dropped and counted, the log goes on", async (t) => {
  const path = join(await folderOf(t), "d.log");
  const log = await LogFile.open({ path, fileBytes: 1 << 30, fileCount: 2, clock });
  const line = `${"y".repeat(1023)}\n`;
  const count = LOG_BUFFER_BYTES_MAX / line.length + 100;
  for (let written = 0; written < count; written++) log.write(line);
  await log.close();
  const text = readFileSync(path, "utf8");
  const lost = Number(/"lines":(\d+),"event":"log-lines-lost"/.exec(text)?.[1]);
  const kept = text.split("\n").filter((each) => each.startsWith("y")).length;
  assert.equal(kept + lost, count);
  assert.ok(lost >= 99 && lost <= 100, `${lost} lines were lost`);
});

test("lines that a full disk refuses are counted when it can be written again", async (t) => {
  const path = join(await folderOf(t), "d.log");
  symlinkSync("/dev/full", path);
  const log = await LogFile.open({ path, fileBytes: 10, fileCount: 1, clock });
  log.write("lost\n");
  await new Promise((resolve) => setTimeout(resolve, 20));
  unlinkSync(path);
  const again = await LogFile.open({ path, fileBytes: 10, fileCount: 1, clock });
  again.write("kept\n");
  await again.close();
  await log.close();
  assert.equal(readFileSync(path, "utf8"), "kept\n");
});

test("what waits is written at once for a process about to end", async (t) => {
  const path = join(await folderOf(t), "d.log");
  const log = await LogFile.open({ path, fileBytes: 1000, fileCount: 2, clock });
  log.write("first\n");
  log.write("last words\n");
  log.flushSync();
  assert.match(readFileSync(path, "utf8"), /last words\n/);
  await log.close();
});

test("the newest lines are kept in memory, whole, within a bound", () => {
  const recent = new RecentLog();
  const line = (number: number) => `${String(number).padStart(8, "0")} ${"z".repeat(990)}\n`;
  for (let number = 0; number < 2000; number++) {
    recent.write(line(number));
    assert.ok(recent.text().length <= 2 * LOG_RECENT_BYTES_MAX);
  }
  const lines = recent.text().trimEnd().split("\n");
  assert.ok(recent.text().length > LOG_RECENT_BYTES_MAX / 4);
  assert.equal(`${lines.at(-1)}\n`, line(1999));
  assert.equal(`${lines[0]}\n`, line(2000 - lines.length));
});
