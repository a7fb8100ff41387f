/**
 * What an addon is feared for: garbage collection of what its threads read, workers and processes that end in the
 * middle of traffic, exceptions in callbacks. Each in a process of its own, whose exit status is the witness.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { projectRoot } from "../project-root.ts";
import { run } from "../system/processes.ts";
import { addonMissing, NODE_WORDS } from "./built-addon.ts";

const SCRIPT = join(projectRoot(), "dist/test/native/lifetime-cases.js");

function runCase(name: string, ...nodeOptions: string[]) {
  return run([...NODE_WORDS, ...nodeOptions, SCRIPT, name]);
}

describe("a process with a kernel channel", { skip: addonMissing }, () => {
  test("collects garbage while the channel's threads read bitmaps nobody else holds", async () => {
    const { code, signal, stdout, stderr } = await runCase("garbage", "--expose-gc");
    assert.deepEqual([code, signal, stdout], [0, null, "same bytes\n"], stderr);
  });

  test("ends with a channel open and requests in flight", async () => {
    const { code, signal, stderr } = await runCase("exit");
    assert.deepEqual([code, signal], [7, null], stderr);
  });

  test("ends when nothing but a closed channel is left", async () => {
    const { code, signal, stdout, stderr } = await runCase("closed");
    assert.deepEqual([code, signal, stdout], [0, null, "closed\n"], stderr);
  });

  test("goes on when a worker with an open channel is terminated, again and again", async () => {
    const { code, signal, stdout, stderr } = await runCase("workers");
    assert.deepEqual([code, signal, stdout], [0, null, "8 workers\n"], stderr);
  });

  test("hears of an exception in onRequests as uncaughtException, and the channel goes on", async () => {
    const { code, signal, stdout, stderr } = await runCase("exception");
    assert.deepEqual([code, signal, stdout], [0, null, "caught: from onRequests\nrequests: 2\n"], stderr);
  });

  test("loses no request when JavaScript is slow and the inbox fills up", async () => {
    const { code, signal, stdout, stderr } = await runCase("flood");
    assert.deepEqual([code, signal, stdout], [0, null, "all 300 in order\n"], stderr);
  });
});
