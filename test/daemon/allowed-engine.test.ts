/** The engine as the mount sees it where anchors are demanded: what has none is not opened, what has one is shown once it was checked. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { allowedEngine } from "../../daemon/allowed-engine.ts";
import { contentBlock } from "./engine/scripted-source.ts";
import { FILE_URL, MIB, serve } from "./server/served.ts";

const request = { url: FILE_URL, headers: {} };
const sha256 = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

test("content that nothing vouches for is not opened where an anchor is demanded, and is otherwise", async (t) => {
  const { engine } = await serve(t);
  const demanding = allowedEngine(engine, () => {}, { anchored: true });
  await assert.rejects(demanding.open(request), { code: "INTEGRITY", message: /mount\.integrity/ });
  const task = await allowedEngine(engine, () => {}).open(request);
  await assert.rejects(demanding.openKnown(task.id), { code: "INTEGRITY" });
  await task.close();
});

test("no byte of content with an anchor is shown before all of it was found to have it", async (t) => {
  const { engine, source } = await serve(t);
  source.digests = [sha256(contentBlock(1, 0, source.length))];
  const demanding = allowedEngine(engine, () => {}, { anchored: true });
  const task = await demanding.open(request);
  assert.ok(task.blocks.every((byte) => byte === 0));
  await task.want({ offset: 0, length: MIB }, "demand");
  assert.equal(task.record.verified, "anchored");
  assert.ok(task.complete);
  const again = await demanding.openKnown(task.id);
  assert.ok(again.complete);
  await Promise.all([task.close(), again.close()]);
});

test("content that is not what its anchor says is shown to nobody", async (t) => {
  const { engine, source } = await serve(t);
  source.digests = [sha256(Buffer.from("something else"))];
  const task = await allowedEngine(engine, () => {}, { anchored: true }).open(request);
  await assert.rejects(task.want({ offset: 0, length: MIB }, "demand"), { code: "INTEGRITY" });
  assert.ok(task.blocks.every((byte) => byte === 0));
  await task.close();
});
