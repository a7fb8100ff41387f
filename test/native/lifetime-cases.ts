/** The processes of lifetimes.test.ts; the case is the first argument. */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isMainThread, Worker } from "node:worker_threads";
import type { ChannelOptions } from "../../native/linux/kernel-channel.ts";
import { addon } from "./built-addon.ts";
import { lookupMessage, readMessage } from "./kernel-messages.ts";
import { messagesOf, PretendKernel } from "./pretend-kernel.ts";

const BLOCK = 4096;

function open(kernel: PretendKernel, options: Partial<ChannelOptions> = {}) {
  return addon().openChannel(kernel.device, {
    onRequests: () => undefined,
    onReadFailed: () => undefined,
    onEnd: () => undefined,
    ...options,
  });
}

function contentFile(blocks: number): number {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-lifetime-"));
  const fd = openSync(join(folder, "content"), "w+");
  for (let block = 0; block < blocks; block++) writeSync(fd, Buffer.alloc(BLOCK, block + 1));
  rmSync(folder, { recursive: true });
  return fd;
}

async function garbage(): Promise<void> {
  const kernel = new PretendKernel();
  const channel = open(kernel);
  const fd = contentFile(64);
  channel.start();
  for (let round = 1n; round <= 200n; round++) {
    const handle = round % 3n;
    // The only reference to the bitmap is the channel's; the one before it is dropped here.
    channel.setFile(Number(handle), {
      fd,
      sizeBytes: 64 * BLOCK,
      blockBytes: BLOCK,
      blocks: new Uint8Array(8).fill(0xff),
    });
    for (let i = 0; i < 4; i++) new Uint8Array(1 << 20).fill(i);
    if (round % 10n === 0n) globalThis.gc?.();
    for (let block = 0n; block < 4n; block++) {
      kernel.send(readMessage(round, { handle, offset: block * BigInt(BLOCK), size: BLOCK }));
      const reply = await kernel.receive();
      assert.equal(reply?.error, 0);
      assert.ok(reply.body.every((byte) => byte === Number(block) + 1));
    }
    if (round % 7n === 0n) channel.deleteFile(Number(handle));
  }
  await channel.close();
  globalThis.gc?.();
  console.log("same bytes");
  kernel.close();
}

/** Requests come from another process, so that they go on while this one ends. */
function flooded(kernel: PretendKernel, seconds: number) {
  const words = `
    import socket, struct, time
    s = socket.socket(fileno=0)
    body = struct.pack("<QQIIQII", 1, 0, 4096, 0, 0, 0, 0)
    read = struct.pack("<IIQQIIIHH", 80, 15, 1, 2, 0, 0, 0, 0, 0) + body
    name = struct.pack("<IIQQIIIHH", 42, 1, 2, 1, 0, 0, 0, 0, 0) + b"a\\0"
    end = time.time() + ${seconds}
    s.setblocking(False)
    while time.time() < end:
      for m in (read, name):
        try: s.send(m)
        except BlockingIOError: pass
        except OSError: raise SystemExit
      try: s.recv(8192)
      except BlockingIOError: pass
      except OSError: raise SystemExit
  `.replaceAll(/^ {4}/gm, "");
  return spawn("python3", ["-c", words], { stdio: [kernel.end, "ignore", "inherit"] });
}

async function exit(): Promise<void> {
  const kernel = new PretendKernel();
  let requests = 0;
  const channel = open(kernel, {
    onRequests(_inbox, _usedBytes, count) {
      requests += count;
      // In the middle of a batch, with readers at work.
      if (requests > 1000) process.exit(7);
    },
  });
  channel.setFile(1, { fd: contentFile(1), sizeBytes: BLOCK, blockBytes: BLOCK, blocks: undefined });
  flooded(kernel, 20).unref();
  kernel.disconnect();
  channel.start();
  await delay(20_000);
}

async function closed(): Promise<void> {
  const kernel = new PretendKernel();
  const channel = open(kernel);
  channel.start();
  await channel.close();
  kernel.close();
  console.log("closed");
}

async function workers(): Promise<void> {
  let ended = 0;
  for (let i = 0; i < 8; i++) {
    const worker = new Worker(new URL(import.meta.url), { argv: ["in-worker"] });
    await new Promise((resolve) => worker.once("message", resolve));
    await worker.terminate();
    ended++;
  }
  console.log(`${ended} workers`);
}

async function inWorker(): Promise<void> {
  const { parentPort } = await import("node:worker_threads");
  const kernel = new PretendKernel();
  let requests = 0;
  const channel = open(kernel, {
    onRequests(_inbox, _usedBytes, count) {
      requests += count;
      if (requests > 200) parentPort?.postMessage("busy");
    },
  });
  const bitmap = new Uint8Array([1]);
  channel.setFile(1, { fd: contentFile(1), sizeBytes: BLOCK, blockBytes: BLOCK, blocks: bitmap });
  flooded(kernel, 2).unref();
  channel.start();
  await delay(20_000);
}

async function exception(): Promise<void> {
  const kernel = new PretendKernel();
  let requests = 0;
  process.on("uncaughtException", (error) => console.log(`caught: ${error.message}`));
  const channel = open(kernel, {
    onRequests(_inbox, _usedBytes, count) {
      requests += count;
      if (requests === 1) throw new RangeError("from onRequests");
    },
  });
  channel.start();
  for (let unique = 1; unique <= 2; unique++) {
    kernel.send(lookupMessage(BigInt(unique), 1n, "a"));
    while (requests < unique) await delay(1);
  }
  console.log(`requests: ${requests}`);
  await channel.close();
  kernel.close();
}

async function flood(): Promise<void> {
  const kernel = new PretendKernel();
  const uniques: bigint[] = [];
  const count = 300;
  const channel = open(kernel, {
    readers: 1,
    onRequests(inbox, usedBytes, inBatch) {
      for (const message of messagesOf(inbox, usedBytes, inBatch)) uniques.push(message.readBigUInt64LE(8));
      // Slower than the sender: about as long as a batch takes to gather.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    },
  });
  channel.start();
  // 100 KB each: the two inboxes hold some eighty of them.
  const large = (unique: bigint) => Buffer.concat([lookupMessage(unique, 1n, "x".repeat(99_000))]);
  for (let unique = 1n; unique <= count; unique++) await kernel.sendPatiently(large(unique));
  while (uniques.length < count) await delay(1);
  for (const [i, unique] of uniques.entries()) assert.equal(unique, BigInt(i + 1));
  console.log(`all ${count} in order`);
  await channel.close();
  kernel.close();
}

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  garbage,
  exit,
  closed,
  workers,
  exception,
  flood,
  "in-worker": inWorker,
};
const name = process.argv[2] ?? "";
assert.equal(isMainThread, name !== "in-worker");
await CASES[name]?.();
