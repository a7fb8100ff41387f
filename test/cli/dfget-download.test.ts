/** dfget's download against a server in this process: what happens when the cache cannot be read, or content is held back. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { DaemonClient } from "../../cli/daemon-client.ts";
import { download } from "../../cli/dfget-download.ts";
import type { DfgetRequest } from "../../cli/dfget-options.ts";
import { holdContent } from "../../cli/held-content.ts";
import { noProgress } from "../../cli/progress.ts";
import { contentBlock } from "../daemon/engine/scripted-source.ts";
import { downloadAll, FILE_URL, MIB, serve } from "../daemon/server/served.ts";

const LENGTH = 9 * MIB + 100;

async function world(t: TestContext) {
  const served = await serve(t);
  const client = new DaemonClient(served.socketPath);
  t.after(() => client.close());
  const request: DfgetRequest = {
    download: { url: FILE_URL },
    output: join(served.folder, "out"),
    overwrite: false,
    forceHardLink: false,
    transferFromDfdaemon: false,
    timeoutMs: 60_000,
    progress: false,
    endpoint: undefined,
  };
  const get = (more: Partial<DfgetRequest> = {}, signal = new AbortController().signal) =>
    download(client, { ...request, ...more }, "token", noProgress, signal);
  return { served, client, request, get };
}

test("content that this user may not read in the cache comes over the socket instead", async (t) => {
  const { served, client, request, get } = await world(t);
  const { messages } = await downloadAll(served, {});
  const taskId = messages[0]?.taskId ?? "";
  // Held open, so that the daemon can read what no name leads to any more.
  const held = await served.engine.openKnown(taskId);
  const content = await holdContent(client, taskId);
  rmSync(content.path);
  content.close();
  assert.deepEqual(await get(), { bytes: LENGTH });
  assert.ok(readFileSync(request.output).equals(contentBlock(1, 0, LENGTH)));
  await assert.rejects(get({ output: `${request.output}2`, forceHardLink: true }), {
    message: /cannot read the cache/,
  });
  assert.deepEqual(readdirSync(served.folder).sort(), ["dfdaemon.sock", "out"]);
  await held.close();
});

test("progress counts the bytes of the output as they are safe, a range's alone", async (t) => {
  const { served, client, request } = await world(t);
  for (const [transferFromDfdaemon, name] of [
    [false, "a"],
    [true, "b"],
  ] as const) {
    let total = 0;
    let done = 0;
    const progress = {
      start: (bytes: number) => {
        total = bytes;
      },
      add: (bytes: number) => {
        done += bytes;
      },
      stop: () => {},
    };
    const ranged = {
      ...request,
      transferFromDfdaemon,
      output: join(served.folder, name),
      download: { url: FILE_URL, requestHeader: { Range: `bytes=${3 * MIB}-${5 * MIB - 1}` } },
    };
    await download(client, ranged, "token", progress, new AbortController().signal);
    assert.equal(total, 2 * MIB);
    assert.equal(done, 2 * MIB);
    assert.ok(readFileSync(ranged.output).equals(contentBlock(1, 3 * MIB, 2 * MIB)));
  }
});

test("a download that is cancelled before it begins asks nothing", async (t) => {
  const { served, get } = await world(t);
  await assert.rejects(get({}, AbortSignal.abort(new RangeError("over"))), RangeError);
  assert.equal(served.uses.total, 0);
});

test("many pieces with content pass one at a time, whole and in any order", async (t) => {
  const { served, request, get } = await world(t);
  served.source.length = 120 * MIB + 5;
  assert.deepEqual(await get({ transferFromDfdaemon: true }), { bytes: 120 * MIB + 5 });
  assert.ok(readFileSync(request.output).equals(contentBlock(1, 0, 120 * MIB + 5)));
});

test("a content of no bytes makes an empty file", async (t) => {
  const { served, request, get } = await world(t);
  served.source.length = 0;
  assert.deepEqual(await get(), { bytes: 0 });
  assert.equal(readFileSync(request.output).length, 0);
  assert.deepEqual(await get({ transferFromDfdaemon: true, output: `${request.output}2` }), { bytes: 0 });
});
