/** A transport within its bandwidth pays for each piece before it asks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { TokenBucket } from "../../../base/token-bucket.ts";
import type { PieceFetch, Transport } from "../../../daemon/transport/transport.ts";
import { withinBandwidth, withinTime } from "../../../daemon/upload/bandwidth.ts";

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

test("a piece that does not come in time fails, and names its parent; one that does costs no timer", async () => {
  const clock = new FakeClock();
  let give = () => {};
  const bare: Transport = {
    fetch: (_parent, _piece, signal) =>
      new Promise((resolve, reject) => {
        give = () => resolve({ length: 100, digest: "crc32:0" });
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
    async close() {},
  };
  const transport = withinTime(bare, clock, 5_000);
  const parent = { peerId: "peer-1", hostId: "h", ip: "10.0.0.1", port: 1 };
  const into = { fd: 0, offset: 0, length: 100, onBlock: () => {} };
  const fetch = () => transport.fetch(parent, { taskId: "t", piece: 3, into }, new AbortController().signal);
  const late = assert.rejects(fetch(), {
    code: "DEADLINE",
    message: /^piece 3 of the parent peer-1 .* 5 s$/,
  });
  clock.advance(4_999);
  clock.advance(1);
  await late;
  const inTime = fetch();
  give();
  assert.equal((await inTime).length, 100);
  await transport.close();
});
