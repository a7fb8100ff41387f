/**
 * The kernel channel against a pretend kernel (a socket in place of /dev/fuse): what is answered natively, what is
 * handed on, and that nothing anybody sends or does in the wrong order breaks the process.
 */
import assert from "node:assert/strict";
import { closeSync, openSync, writeSync } from "node:fs";
import { describe, test } from "node:test";
import { CHANNEL_CLOSED, OBSERVED_READ } from "../../native/linux/kernel-channel.ts";
import { seededRandom } from "../base/seeded-random.ts";
import { scopeOf } from "../system/scope.ts";
import { addon, addonMissing } from "./built-addon.ts";
import { getxattrMessage, lookupMessage, message, readMessage } from "./kernel-messages.ts";
import { openChannel, replyWith } from "./pretend-kernel.ts";

const BLOCK = 4096;
const ENODATA = -61;
const EOPNOTSUPP = -95;

/** A file of `blocks` blocks, each filled with its own number, and what must be closed. */
async function contentFile(t: { after(end: () => Promise<void>): void }, blocks: number) {
  const folder = await scopeOf(t).folder();
  const path = `${folder}/content`;
  const fd = openSync(path, "w+");
  for (let block = 0; block < blocks; block++)
    writeSync(fd, Buffer.alloc(BLOCK, block + 1), 0, BLOCK, block * BLOCK);
  return { fd, path, sizeBytes: blocks * BLOCK };
}

describe("the kernel channel", { skip: addonMissing }, () => {
  test("hands requests on, in their order and to the byte", async (t) => {
    const { kernel, channel, requests, received } = openChannel(t, { readers: 1 });
    channel.start();
    const sent = Array.from({ length: 50 }, (_, i) => lookupMessage(BigInt(i + 1), 7n, "name".repeat(i + 1)));
    for (const request of sent) kernel.send(request);
    await received(sent.length);
    assert.deepEqual(requests, sent);
    assert.equal(channel.counters()?.requests, sent.length);
  });

  test("sends replies of one part and of two as one message", async (t) => {
    const { kernel, channel } = openChannel(t);
    channel.start();
    assert.equal(replyWith(channel, 5n, -2), 0);
    assert.deepEqual(await kernel.receive(), { length: 16, error: -2, unique: 5n, body: Buffer.alloc(0) });
    assert.equal(replyWith(channel, 6n, 0, Buffer.from("abc")), 0);
    assert.deepEqual(await kernel.receive(), { length: 19, error: 0, unique: 6n, body: Buffer.from("abc") });
  });

  test("answers a READ of present blocks itself, and hands on one that misses a block", async (t) => {
    const { kernel, channel, requests, received } = openChannel(t, { readers: 1 });
    const file = await contentFile(t, 4);
    const blocks = new Uint8Array(new SharedArrayBuffer(1));
    blocks[0] = 0b0011;
    channel.setFile(9, { fd: file.fd, sizeBytes: file.sizeBytes, blockBytes: BLOCK, blocks });
    closeSync(file.fd);
    channel.start();
    kernel.send(readMessage(1n, { handle: 9n, offset: 4000n, size: 200 }));
    const straddling = Buffer.concat([Buffer.alloc(96, 1), Buffer.alloc(104, 2)]);
    assert.deepEqual((await kernel.receive())?.body, straddling);
    kernel.send(readMessage(2n, { handle: 9n, offset: 8191n, size: 2 }));
    await received(1);
    assert.deepEqual(requests[0], readMessage(2n, { handle: 9n, offset: 8191n, size: 2 }));
    Atomics.or(blocks, 0, 0b0100);
    kernel.send(readMessage(3n, { handle: 9n, offset: 8191n, size: 2 }));
    assert.deepEqual((await kernel.receive())?.body, Buffer.from([2, 3]));
    const counters = channel.counters();
    assert.equal(counters?.nativeReads, 2);
    assert.equal(counters?.nativeReadBytes, 202);
    assert.equal(counters?.requestedReads, 1);
  });

  test("a READ at the end of a file is short, and one behind it empty", async (t) => {
    const { kernel, channel } = openChannel(t);
    const file = await contentFile(t, 1);
    channel.setFile(1, { fd: file.fd, sizeBytes: BLOCK - 10, blockBytes: BLOCK, blocks: undefined });
    closeSync(file.fd);
    channel.start();
    kernel.send(readMessage(1n, { handle: 1n, offset: 4000n, size: 4096 }));
    assert.deepEqual((await kernel.receive())?.body, Buffer.alloc(86, 1));
    for (const offset of [BigInt(BLOCK - 10), 1n << 40n, (1n << 64n) - 1n]) {
      kernel.send(readMessage(2n, { handle: 1n, offset, size: 4096 }));
      assert.deepEqual((await kernel.receive())?.body, Buffer.alloc(0));
    }
  });

  test("bits that the bitmap does not have count as missing", async (t) => {
    const { kernel, channel, received } = openChannel(t);
    const file = await contentFile(t, 1);
    const blocks = new Uint8Array([0xff]);
    channel.setFile(1, { fd: file.fd, sizeBytes: 9 * BLOCK, blockBytes: BLOCK, blocks });
    closeSync(file.fd);
    channel.start();
    kernel.send(readMessage(1n, { handle: 1n, offset: BigInt(8 * BLOCK), size: 1 }));
    await received(1);
  });

  test("hands on READs of unknown handles, of deleted ones, and of files that are shorter than they say", async (t) => {
    const { kernel, channel, received } = openChannel(t);
    const file = await contentFile(t, 1);
    channel.setFile(1, { fd: file.fd, sizeBytes: 2 * BLOCK, blockBytes: BLOCK, blocks: undefined });
    closeSync(file.fd);
    channel.start();
    kernel.send(readMessage(1n, { handle: 2n, offset: 0n, size: 1 }));
    await received(1);
    kernel.send(readMessage(2n, { handle: 1n, offset: 0n, size: 2 * BLOCK }));
    await received(2);
    channel.deleteFile(1);
    channel.deleteFile(77);
    kernel.send(readMessage(3n, { handle: 1n, offset: 0n, size: 1 }));
    await received(3);
    assert.equal(channel.counters()?.nativeReads, 0);
  });

  test("a worker answers with the bytes of a file, all or none", async (t) => {
    const { kernel, channel, failedReads, until } = openChannel(t);
    const file = await contentFile(t, 2);
    channel.start();
    assert.equal(channel.replyFromFile(1n << 63n, file.fd, BLOCK - 1, BLOCK), 0);
    const reply = await kernel.receive();
    assert.equal(reply?.unique, 1n << 63n);
    assert.deepEqual(reply?.body, Buffer.concat([Buffer.alloc(1, 1), Buffer.alloc(BLOCK - 1, 2)]));
    assert.equal(channel.replyFromFile((1n << 63n) | 5n, file.fd, BLOCK, BLOCK + 1), 0);
    await until(() => failedReads.length === 1);
    closeSync(file.fd);
    const writeOnly = openSync(file.path, "a");
    assert.equal(channel.replyFromFile(2n, writeOnly, 0, 1), 0);
    closeSync(writeOnly);
    await until(() => failedReads.length === 2);
    assert.deepEqual(failedReads, [
      [(1n << 63n) | 5n, 0],
      [2n, -9],
    ]);
    assert.equal(channel.replyFromFile(3n, 1_000_000, 0, 1), -9, "the descriptor is not open");
    assert.equal(channel.replyFromFile(3n, file.fd, 0, (1 << 20) + 1), -22, "more than a reply may hold");
    assert.equal(channel.counters()?.workerReads, 1);
  });

  test("tells afterwards of native reads of files that are observed, and of no others", async (t) => {
    const { kernel, channel, requests, received } = openChannel(t);
    const file = await contentFile(t, 4);
    const entry = { fd: file.fd, sizeBytes: file.sizeBytes, blockBytes: BLOCK, blocks: undefined };
    channel.setFile(1, { ...entry, observed: true });
    channel.setFile(2, entry);
    closeSync(file.fd);
    channel.start();
    for (const handle of [2n, 1n]) {
      kernel.send(readMessage(5n, { handle, offset: 100n, size: 50 }));
      assert.equal((await kernel.receive())?.error, 0);
    }
    await received(1);
    const told = readMessage(5n, { handle: 1n, offset: 100n, size: 50 });
    told.writeUInt32LE(OBSERVED_READ, 4);
    assert.deepEqual(requests, [told]);
    assert.deepEqual([channel.counters()?.observedReads, channel.counters()?.requests], [1, 0]);
  });

  test("handles share a file, which stays until the last of them is deleted", async (t) => {
    const { kernel, channel, received } = openChannel(t);
    const file = await contentFile(t, 1);
    channel.setFile(1, { fd: file.fd, sizeBytes: BLOCK, blockBytes: BLOCK, blocks: undefined });
    closeSync(file.fd);
    assert.equal(channel.shareFile(2, 1), true);
    assert.equal(channel.shareFile(3, 77), false);
    channel.deleteFile(1);
    channel.start();
    kernel.send(readMessage(1n, { handle: 2n, offset: 0n, size: 3 }));
    assert.deepEqual((await kernel.receive())?.body, Buffer.alloc(3, 1));
    kernel.send(readMessage(2n, { handle: 1n, offset: 0n, size: 3 }));
    await received(1);
  });

  test("the file of a handle stays its own when the descriptor's number is closed and used again", async (t) => {
    const { kernel, channel } = openChannel(t);
    const file = await contentFile(t, 1);
    channel.setFile(1, { fd: file.fd, sizeBytes: BLOCK, blockBytes: BLOCK, blocks: undefined });
    channel.start();
    closeSync(file.fd);
    // Most often this takes the number; where another thread was quicker, the number is that thread's file now.
    const other = openSync("/dev/zero", "r");
    kernel.send(readMessage(1n, { handle: 1n, offset: 0n, size: 16 }));
    assert.deepEqual((await kernel.receive())?.body, Buffer.alloc(16, 1));
    closeSync(other);
  });

  test("answers for attributes that are none of ours: ENODATA, or EOPNOTSUPP for other namespaces; hands on those that are", async (t) => {
    const { kernel, channel, requests, received } = openChannel(t, { xattrPrefix: "user.p2p." });
    channel.start();
    for (const name of ["security.capability", "user.p2", "system.posix_acl_access", ""]) {
      kernel.send(getxattrMessage(3n, name));
      const error = name.startsWith("user.") ? ENODATA : EOPNOTSUPP;
      assert.equal((await kernel.receive())?.error, error, name);
    }
    kernel.send(getxattrMessage(4n, "user.p2p.task_id"));
    await received(1);
    assert.deepEqual(requests, [getxattrMessage(4n, "user.p2p.task_id")]);
    assert.equal(channel.counters()?.nativeXattrs, 4);
  });

  test("without a prefix every GETXATTR is handed on", async (t) => {
    const { kernel, channel, received } = openChannel(t);
    channel.start();
    kernel.send(getxattrMessage(4n, "security.capability"));
    await received(1);
  });

  test("sends notifications, and tells what became of them", async (t) => {
    const { kernel, channel } = openChannel(t);
    const sent = channel.notify(3, Buffer.from("body"));
    assert.deepEqual(await kernel.receive(), { length: 20, error: 3, unique: 0n, body: Buffer.from("body") });
    assert.equal(await sent, 0);
    assert.equal(channel.notifyNow(7, new Uint8Array(0)), 0);
    assert.equal((await kernel.receive())?.error, 7);
    kernel.disconnect();
    assert.equal(await channel.notify(3, Buffer.from("body")), -32, "EPIPE");
  });

  test("drainReads waits for the reads that had begun", async (t) => {
    const { kernel, channel } = openChannel(t, { workers: 1 });
    assert.equal(await channel.drainReads(), 0, "nothing is being read");
    const file = await contentFile(t, 1);
    const jobs = 200;
    for (let unique = 1n; unique <= jobs; unique++) {
      assert.equal(channel.replyFromFile(unique, file.fd, 0, 16), 0);
    }
    closeSync(file.fd);
    assert.equal(await channel.drainReads(), 0);
    // The last one has its bytes, yet may still be about to send them.
    assert.ok((channel.counters()?.workerReads ?? 0) >= jobs - 1);
    for (let unique = 1n; unique <= jobs; unique++) assert.equal((await kernel.receive())?.error, 0);
  });

  test("backing files need a kernel behind the channel", (t) => {
    const { channel } = openChannel(t);
    assert.ok(channel.backingOpen(0) < 0);
    assert.ok(channel.backingClose(1) < 0);
  });
});

describe("the end of a kernel channel", { skip: addonMissing }, () => {
  test("onEnd is called once when the other side goes, and the channel can be closed", async (t) => {
    const { kernel, channel, ends, ended } = openChannel(t, { readers: 4 });
    channel.start();
    kernel.disconnect();
    await ended;
    await channel.stopReading();
    assert.deepEqual(ends, [0]);
  });

  test("stopReading hands on all that was read, and replies go on", async (t) => {
    const { kernel, channel, requests } = openChannel(t);
    channel.start();
    for (let unique = 1n; unique <= 20n; unique++) kernel.send(lookupMessage(unique, 1n, "a"));
    kernel.send(lookupMessage(21n, 1n, "b"));
    while (requests.length < 21) await new Promise((resolve) => setImmediate(resolve));
    await channel.stopReading();
    kernel.send(lookupMessage(22n, 1n, "c"));
    assert.equal(replyWith(channel, 1n, -2), 0);
    assert.equal((await kernel.receive())?.unique, 1n);
    await channel.stopReading();
    assert.equal(requests.length, 21);
  });

  test("one that never started stops and closes", async (t) => {
    const { channel } = openChannel(t);
    await channel.stopReading();
    await channel.close();
  });

  test("closing twice is closing once, and all that comes later is refused without harm", async (t) => {
    const { channel } = openChannel(t);
    const file = await contentFile(t, 1);
    channel.start();
    const closings = [channel.close(), channel.close()];
    await Promise.all(closings);
    assert.equal(replyWith(channel, 1n, 0), CHANNEL_CLOSED);
    assert.equal(channel.replyFromFile(1n, file.fd, 0, 1), CHANNEL_CLOSED);
    assert.equal(await channel.notify(1, new Uint8Array(0)), CHANNEL_CLOSED);
    assert.equal(channel.notifyNow(1, new Uint8Array(0)), CHANNEL_CLOSED);
    assert.equal(await channel.drainReads(), CHANNEL_CLOSED);
    assert.equal(channel.backingOpen(file.fd), CHANNEL_CLOSED);
    assert.equal(channel.counters(), undefined);
    channel.setFile(1, { fd: file.fd, sizeBytes: 1, blockBytes: 1, blocks: undefined });
    channel.deleteFile(1);
    await channel.stopReading();
    assert.throws(() => channel.start());
    closeSync(file.fd);
  });

  test("queued answers are still given when the channel closes", async (t) => {
    const { kernel, channel } = openChannel(t, { workers: 1 });
    const file = await contentFile(t, 1);
    for (let unique = 1n; unique <= 30n; unique++)
      assert.equal(channel.replyFromFile(unique, file.fd, 0, 8), 0);
    closeSync(file.fd);
    const closing = channel.close();
    const answered = new Set<bigint>();
    for (let i = 0; i < 30; i++) answered.add((await kernel.receive())?.unique ?? 0n);
    await closing;
    assert.equal(answered.size, 30);
  });

  test("a descriptor that cannot be polled or is not open is refused with an error", () => {
    const options = { onRequests: () => undefined, onReadFailed: () => undefined, onEnd: () => undefined };
    assert.throws(() => addon().openChannel(1_000_000, options), { code: "BAD_HANDLE" });
  });

  test("a regular file in place of the device ends the channel", async (t) => {
    const file = await contentFile(t, 1);
    const ended = new Promise<number>((resolve) => {
      const channel = addon().openChannel(file.fd, {
        onRequests: () => undefined,
        onReadFailed: () => undefined,
        onEnd: resolve,
      });
      t.after(() => channel.close());
      channel.start();
    });
    assert.equal(await ended, 1, "EPERM of epoll");
    closeSync(file.fd);
  });
});

describe("malformed messages", { skip: addonMissing }, () => {
  test("those whose header does not fit are dropped and counted", async (t) => {
    const { kernel, channel, requests, received } = openChannel(t, { readers: 1 });
    channel.start();
    kernel.send(Buffer.alloc(1));
    kernel.send(Buffer.alloc(39, 255));
    kernel.send(message({ opcode: 15, unique: 1n, length: 39 }));
    kernel.send(message({ opcode: 15, unique: 1n, length: 0xffffffff }));
    kernel.send(lookupMessage(2n, 1n, "whole"));
    await received(1);
    assert.deepEqual(requests, [lookupMessage(2n, 1n, "whole")]);
    assert.equal(channel.counters()?.malformed, 4);
  });

  test("a cut READ, one of more than may be answered, and a GETXATTR without its NUL are handed on", async (t) => {
    const { kernel, channel, requests, received } = openChannel(t, { readers: 1, xattrPrefix: "user.p2p." });
    const file = await contentFile(t, 1);
    channel.setFile(1, { fd: file.fd, sizeBytes: BLOCK, blockBytes: BLOCK, blocks: undefined });
    closeSync(file.fd);
    channel.start();
    const whole = readMessage(1n, { handle: 1n, offset: 0n, size: 1 });
    const sent = [
      message({ opcode: 15, unique: 1n }, whole.subarray(40, 79)),
      message({ opcode: 15, unique: 1n }),
      readMessage(2n, { handle: 1n, offset: 0n, size: (1 << 20) + 1 }),
      message({ opcode: 22, unique: 3n }, Buffer.from("\x01\0\0\0\0\0\0\0security.x")),
      message({ opcode: 22, unique: 4n }, Buffer.from("\x01\0\0\0\0\0\0\0")),
    ];
    for (const request of sent) kernel.send(request);
    await received(sent.length);
    assert.deepEqual(requests, sent);
  });

  test("random ones are each dropped, answered or handed on, and the next good one is answered", async (t) => {
    const random = seededRandom("channel fuzz");
    const { kernel, channel, requests } = openChannel(t, { xattrPrefix: "user.p2p." });
    const file = await contentFile(t, 4);
    channel.setFile(3, {
      fd: file.fd,
      sizeBytes: file.sizeBytes,
      blockBytes: BLOCK,
      blocks: new Uint8Array([0b1011]),
    });
    closeSync(file.fd);
    channel.start();
    const rounds = 4000;
    let replies = 0;
    let markers = 0;
    const reading = (async () => {
      while (markers < 1) {
        const reply = await kernel.receive();
        if (reply?.unique === 0xffff_ffffn) markers++;
        else replies++;
      }
    })();
    const settled = () => (channel.counters()?.malformed ?? 0) + requests.length + replies;
    for (let sent = 0; sent < rounds; sent++) {
      // Both sockets are small: who only sent would wait for a reader who waits for him.
      while (sent - settled() >= 32) await new Promise((resolve) => setImmediate(resolve));
      kernel.send(randomMessage(random));
    }
    while (settled() < rounds) await new Promise((resolve) => setImmediate(resolve));
    kernel.send(readMessage(0xffff_ffffn, { handle: 3n, offset: 0n, size: 4 }));
    await reading;
  });
});

/** Mostly READs and GETXATTRs that are wrong in one place, some that are nothing at all. */
function randomMessage(random: ReturnType<typeof seededRandom>): Buffer {
  const shape = random.below(5);
  if (shape === 0) return Buffer.from(random.bytes(1 + random.below(200)));
  let bytes =
    shape < 4
      ? readMessage(BigInt(1 + random.below(1000)), {
          handle: 3n,
          offset: BigInt(random.below(5 * BLOCK)),
          size: random.below(3 * BLOCK),
        })
      : getxattrMessage(7n, random.pick(["user.p2p.x", "security.selinux", ""]));
  if (shape === 1) bytes = bytes.subarray(0, 1 + random.below(bytes.length));
  if (shape === 2) bytes.set(random.bytes(1), random.below(bytes.length));
  if (shape === 3) bytes.set(random.bytes(8), 40 + random.below(33));
  // Most keep an honest length, so that they get further in.
  if (random.below(4) > 0 && bytes.length >= 4) bytes.writeUInt32LE(bytes.length, 0);
  return bytes;
}
