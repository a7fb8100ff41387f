/** The source in memory passes the contract, and its switches do what they say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferPool } from "../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { MemorySource } from "../../../daemon/source/memory-source.ts";
import { never, openDestination, readOf, sourceSuite } from "../../suites/source-suite.ts";

const encoded = (path: string) => path.split("/").map(encodeURIComponent).join("/");

sourceSuite("the source in memory", async (t) => {
  const source = new MemorySource({ buffers: new BufferPool(8 * BLOCK_BYTES) });
  t.after(() => source.close());
  const url = (path: string) => `memory://store/${encoded(path)}`;
  return {
    source,
    url,
    put: async (path, bytes) => source.put(url(path), bytes),
    remove: async (path) => source.remove(url(path)),
  };
});

function sourceWith(text: string, content = {}) {
  const source = new MemorySource({ buffers: new BufferPool(BLOCK_BYTES) });
  source.put("memory://h/f", text, content);
  return { source, request: { url: "memory://h/f", headers: {} } };
}

test("a refusing origin is UNAVAILABLE, and serves again when it is up", async () => {
  const { source, request } = sourceWith("abc");
  source.state = "refusing";
  await assert.rejects(source.stat(request, never), { code: "UNAVAILABLE" });
  source.state = "up";
  assert.equal((await source.stat(request, never)).length, 3);
  assert.deepEqual(
    source.requests.map(({ kind }) => kind),
    ["stat", "stat"],
  );
});

test("a silent origin answers once it is up, and lets go of who no longer waits", async () => {
  const { source, request } = sourceWith("abc");
  source.state = "silent";
  const controller = new AbortController();
  const given = source.stat(request, controller.signal);
  const patient = source.stat(request, never);
  controller.abort();
  await assert.rejects(given, { code: "CANCELLED" });
  source.state = "up";
  assert.equal((await patient).length, 3);
  source.state = "silent";
  const last = source.stat(request, never);
  await source.close();
  await assert.rejects(last, { code: "CLOSED" });
});

test("a content without ranges and length is streamed whole, and refuses parts", async (t) => {
  const { source, request } = sourceWith("streamed", { ranges: false, tellsLength: false });
  const stat = await source.stat(request, never);
  assert.deepEqual([stat.length, stat.ranges], [undefined, false]);
  const into = openDestination(t, { length: undefined });
  assert.deepEqual(await source.read(readOf(request, stat, into), never), { length: 8 });
  assert.equal(into.content().toString(), "streamed");
  const part = openDestination(t, { offset: BLOCK_BYTES, length: 1 });
  await assert.rejects(source.read(readOf(request, stat, part), never), { code: "NOT_SUPPORTED" });
});
