/** A transport within its bandwidth pays for each piece before it asks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { TokenBucket } from "../../../base/token-bucket.ts";
import type { PieceFetch, Transport } from "../../../daemon/transport/transport.ts";
import { withinBandwidth } from "../../../daemon/upload/bandwidth.ts";

test("pieces are asked for at the rate, in order, and whoever gives up is asked for none", async () => {
  const clock = new FakeClock();
  const asked: number[] = [];
  const bare: Transport = {
    async fetch(_parent, { piece }) {
      asked.push(piece);
      return { length: 100, digest: "crc32:0" };
    },
    async close() {},
  };
  const transport = withinBandwidth(bare, new TokenBucket({ clock, perSecond: 100, burst: 1 }));
  const parent = { peerId: "p", hostId: "h", ip: "10.0.0.1", port: 1 };
  const into = { fd: 0, offset: 0, length: 100, onBlock: () => {} };
  const fetch = (piece: number, signal = new AbortController().signal) =>
    transport.fetch(parent, { taskId: "t", piece, into } satisfies PieceFetch, signal);
  const giveUp = new AbortController();
  await fetch(0);
  const [second, given, third] = [fetch(1), fetch(2, giveUp.signal), fetch(3)];
  giveUp.abort(new Error("enough"));
  await assert.rejects(given, /enough/);
  assert.deepEqual(asked, [0]);
  clock.advance(1_000);
  await second;
  assert.deepEqual(asked, [0, 1]);
  clock.advance(1_000);
  await third;
  assert.deepEqual(asked, [0, 1, 3]);
  await transport.close();
});
