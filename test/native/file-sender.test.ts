/** Files to sockets by the kernel: every byte, in order, however slowly the other side takes them; and what becomes of a send that cannot go on. */
import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { FileSender } from "../../native/linux/file-sender.ts";
import { seededRandom } from "../base/seeded-random.ts";
import { scopeOf } from "../system/scope.ts";
import { addon, addonMissing } from "./built-addon.ts";

const MIB = 1024 * 1024;
const STALL_MS = 30_000;

/** A file, a sender, and pairs of connected sockets. */
async function world(t: TestContext, bytes = 5 * MIB + 3) {
  const scope = scopeOf(t);
  const path = join(await scope.folder(), "content");
  const content = seededRandom("a file to send").bytes(bytes);
  writeFileSync(path, content);
  const fd = openSync(path, "r");
  scope.after(() => closeSync(fd));
  const sender = addon().openFileSender();
  scope.after(() => sender.close());
  const waiting: ((socket: Socket) => void)[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => waiting.shift()?.(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  scope.after(() => void server.close());
  const pair = async () => {
    const accepted = new Promise<Socket>((resolve) => waiting.push(resolve));
    const { port } = server.address() as { port: number };
    const taker = connect({ host: "127.0.0.1", port });
    const giver = await accepted;
    for (const socket of [taker, giver]) {
      socket.on("error", () => {});
      scope.after(() => void socket.destroy());
    }
    return { taker, giver };
  };
  return { path, content, fd, sender, pair };
}

function descriptorOf(socket: Socket): number {
  const descriptor = FileSender.descriptorOf(socket);
  assert.ok(descriptor !== undefined);
  return descriptor;
}

async function taken(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const never = new AbortController().signal;

describe("files to sockets by the kernel", { skip: addonMissing }, () => {
  test("any stretch of a file comes whole and in order, many at once, to slow and to fast takers", async (t) => {
    const { content, fd, sender, pair } = await world(t);
    const random = seededRandom("stretches");
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const { taker, giver } = await pair();
        const offset = random.below(content.length);
        const length = random.below(content.length - offset + 1);
        const came = index % 4 === 0 ? delay(200).then(() => taken(taker)) : taken(taker);
        await sender.send(descriptorOf(giver), { fd, offset, length }, STALL_MS, never);
        giver.end();
        assert.ok((await came).equals(content.subarray(offset, offset + length)), `${length} from ${offset}`);
      }),
    );
  });

  test("the file may be closed, and the socket destroyed, while it is sent", async (t) => {
    const { path, content, sender, pair } = await world(t);
    const { taker, giver } = await pair();
    const fd = openSync(path, "r");
    const sending = sender.send(
      descriptorOf(giver),
      { fd, offset: 0, length: content.length },
      STALL_MS,
      never,
    );
    closeSync(fd);
    giver.destroy();
    const came = await taken(taker);
    await sending;
    assert.ok(came.equals(content));
  });

  test("who takes nothing for too long, goes away, or is given up gets no more, and holds up nobody", async (t) => {
    const { content, fd, sender, pair } = await world(t, 64 * MIB);
    const file = { fd, offset: 0, length: content.length };
    const [stalled, gone, unwanted] = [await pair(), await pair(), await pair()];
    const controller = new AbortController();
    const ends = [
      assert.rejects(sender.send(descriptorOf(stalled.giver), file, 300, never), { code: "DEADLINE" }),
      assert.rejects(sender.send(descriptorOf(gone.giver), file, STALL_MS, never), { code: "UNAVAILABLE" }),
      assert.rejects(sender.send(descriptorOf(unwanted.giver), file, STALL_MS, controller.signal), /enough/),
    ];
    gone.taker.destroy();
    controller.abort(new TypeError("enough"));
    await Promise.all(ends);
    const { taker, giver } = await pair();
    const came = taken(taker);
    await sender.send(descriptorOf(giver), file, STALL_MS, never);
    giver.end();
    assert.ok((await came).equals(content));
  });

  test("a file that is shorter than was said is an error, not a hang", async (t) => {
    const { path, content, fd, sender, pair } = await world(t);
    const { taker, giver } = await pair();
    taker.resume();
    truncateSync(path, MIB);
    const file = { fd, offset: 0, length: content.length };
    await assert.rejects(sender.send(descriptorOf(giver), file, STALL_MS, never), { code: "IO" });
  });

  test("after close nothing is sent, what was being sent has ended, and no descriptor is left", async (t) => {
    const { content, fd, sender, pair } = await world(t, 64 * MIB);
    const { giver } = await pair();
    const before = readdirSync("/proc/self/fd").length;
    const file = { fd, offset: 0, length: content.length };
    const sending = assert.rejects(sender.send(descriptorOf(giver), file, STALL_MS, never), {
      code: "CANCELLED",
    });
    sender.close();
    sender.close();
    await sending;
    await assert.rejects(sender.send(descriptorOf(giver), file, STALL_MS, never), { code: "CANCELLED" });
    // Its threads' own, four in all, are gone as well.
    while (readdirSync("/proc/self/fd").length > before - 4) await delay(5);
  });
});
