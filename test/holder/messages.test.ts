/** Lines between holder and daemon. */
import assert from "node:assert/strict";
import { Duplex, PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { HOLDER_LINE_BYTES_MAX } from "../../base/limits.ts";
import { type FromDaemon, readLines, writeLine } from "../../holder/messages.ts";

/** What was read from a stream that brings these pieces. */
async function readAll(pieces: readonly (string | Buffer)[]): Promise<{ read: unknown[]; broken: boolean }> {
  const stream = new PassThrough();
  const read: unknown[] = [];
  readLines<FromDaemon>(stream, (message) => void read.push(message));
  for (const piece of pieces) stream.write(piece);
  await new Promise((resolve) => setImmediate(resolve));
  return { read, broken: stream.destroyed };
}

describe("messages between holder and daemon", () => {
  test("arrive whole, however they are cut on the way", async () => {
    const sent: FromDaemon[] = [];
    const wire: Buffer[] = [];
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        wire.push(chunk);
        done();
      },
    });
    for (const directory of ["/p2p", '/ä \n"quoted"']) {
      const message = {
        kind: "mount",
        call: 1,
        directory,
        readOnly: true,
        allowOther: false,
        note: "{}",
      } as const;
      sent.push(message);
      writeLine(stream, message);
    }
    const bytes = Buffer.concat(wire);
    const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    assert.deepEqual(await readAll(pieces), { read: sent, broken: false });
  });

  test("that are none, or too long, end the stream, and nothing worse", async () => {
    for (const bad of ["no json\n", "[]\n", "null\n", "{}\n", `"${"x".repeat(HOLDER_LINE_BYTES_MAX)}`]) {
      const { read, broken } = await readAll([bad]);
      assert.deepEqual(read, [], bad.slice(0, 20));
      assert.ok(broken, bad.slice(0, 20));
    }
  });
});
