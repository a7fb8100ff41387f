/** Listening to parents over gRPC keeps the port's promises, and believes nothing that no honest parent says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { PARENT_CHANNEL_IDLE_MS, PARENT_CHANNELS_MAX, PARENT_SILENCE_MS } from "../../../base/limits.ts";
import type { AnnouncedPiece } from "../../../daemon/transport/announcements.ts";
import { ParentChannels } from "../../../daemon/transport/parent-channels.ts";
import { SyncPiecesAnnouncements } from "../../../daemon/transport/sync-pieces.ts";
import type { SyncPiecesResponse } from "../../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import { until } from "../../base/promises.ts";
import { announcementsSuite } from "../../suites/announcements-suite.ts";
import { GrpcParent } from "./told-parent.ts";

const TASK = "cd".repeat(32);

function world() {
  const clock = new FakeClock();
  const channels = new ParentChannels({ clock });
  const announcements = new SyncPiecesAnnouncements({ channels, clock, hostId: "child-host" });
  const parents: GrpcParent[] = [];
  return {
    clock,
    channels,
    announcements,
    async parent(taskId = TASK) {
      const parent = await new GrpcParent(taskId).listen();
      parents.push(parent);
      return parent;
    },
    async close() {
      await announcements.close();
      channels.close();
      for (const parent of parents) parent.close();
    },
  };
}

const addressOf = ({ port }: GrpcParent) => ({ peerId: "p", ip: "127.0.0.1", uploadPort: port });

announcementsSuite("announcements over SyncPieces", async () => {
  const { clock, announcements, parent, close } = world();
  return {
    announcements,
    async parent(taskId) {
      const told = await parent(taskId);
      return {
        address: addressOf(told),
        heardBy: (count) => told.heardBy(count),
        announce: ({ port, ...piece }) => told.say({ ...piece, tcpPort: port }),
        end: () => told.end(),
        breakOff: () => told.close(),
      };
    },
    passSilence: () => clock.advance(PARENT_SILENCE_MS + 1),
    close,
  };
});

test("a parent is asked with our host's id and for the pieces that are wanted, in order", async () => {
  const { announcements, parent, close } = world();
  const told = await parent();
  const over = announcements.listen(
    addressOf(told),
    { taskId: TASK, pieces: [2, 7, 300] },
    () => {},
    AbortSignal.timeout(60_000),
  );
  await told.heardBy(1);
  told.end();
  await over;
  assert.deepEqual(
    { ...told.requests[0] },
    {
      hostId: "child-host",
      taskId: TASK,
      interestedPieceNumbers: [2, 7, 300],
    },
  );
  await close();
});

const GOOD: SyncPiecesResponse = { number: 0, offset: 0, length: 4, ip: "127.0.0.1", tcpPort: 4005 };
const LIES: Readonly<Record<string, SyncPiecesResponse>> = {
  "no address": { ...GOOD, ip: "" },
  "a name for an address": { ...GOOD, ip: "metadata.internal" },
  "this host's loopback": { ...GOOD, ip: "127.0.0.2" },
  "a mapped loopback": { ...GOOD, ip: "::ffff:127.0.0.2" },
  "a metadata service": { ...GOOD, ip: "169.254.169.254" },
  "port 0": { ...GOOD, tcpPort: 0 },
  "a port beyond all": { ...GOOD, tcpPort: 65_536 },
  "a negative port": { ...GOOD, tcpPort: -1 },
  "a length beyond all files": { ...GOOD, length: "18446744073709551615" as unknown as number },
};
for (const [what, lie] of Object.entries(LIES))
  test(`a parent that tells ${what} is not believed`, async () => {
    const { announcements, parent, close } = world();
    const told = await parent();
    const wanted = { taskId: TASK, pieces: [0] };
    const heard: AnnouncedPiece[] = [];
    const over = announcements.listen(
      addressOf(told),
      wanted,
      (piece) => void heard.push(piece),
      AbortSignal.timeout(60_000),
    );
    told.say(lie);
    await assert.rejects(over, { code: "INTEGRITY" });
    assert.deepEqual(heard, []);
    await until(() => told.pieceCalls.size === 0);
    await close();
  });

test("a parent may name another of its addresses", async () => {
  const { announcements, parent, close } = world();
  const told = await parent();
  const heard: string[] = [];
  const pieces = [0, 1, 2];
  const over = announcements.listen(
    addressOf(told),
    { taskId: TASK, pieces },
    ({ ip }) => void heard.push(ip),
    AbortSignal.timeout(60_000),
  );
  await told.heardBy(1);
  const ips = ["10.77.0.11", "192.168.1.9", "2001:db8::7"];
  for (const [number, ip] of ips.entries()) told.say({ ...GOOD, number, ip });
  await until(() => heard.length === 3);
  told.end();
  await over;
  assert.deepEqual(heard, ips);
  await close();
});

test("a piece that is served over QUIC alone is passed over", async () => {
  const { announcements, parent, close } = world();
  const told = await parent();
  const heard: number[] = [];
  const over = announcements.listen(
    addressOf(told),
    { taskId: TASK, pieces: [0, 1] },
    ({ number }) => void heard.push(number),
    AbortSignal.timeout(60_000),
  );
  await told.heardBy(1);
  told.say({ number: 0, offset: 0, length: 4, ip: "127.0.0.1", quicPort: 4006 });
  told.say({ ...GOOD, number: 1 });
  await until(() => heard.length === 1);
  told.end();
  await over;
  assert.deepEqual(heard, [1]);
  await close();
});

test("nobody listening is UNAVAILABLE; a host that takes connections and says nothing is DEADLINE", async () => {
  const { announcements, parent, clock, close } = world();
  const wanted = { taskId: TASK, pieces: [0] };
  const signal = AbortSignal.timeout(60_000);
  const nobody = { peerId: "p", ip: "127.0.0.1", uploadPort: 1 };
  await assert.rejects(
    announcements.listen(nobody, wanted, () => {}, signal),
    { code: "UNAVAILABLE" },
  );
  const silent = await parent();
  const over = announcements.listen(addressOf(silent), wanted, () => {}, signal);
  await silent.heardBy(1);
  over.catch(() => {});
  const timer = setInterval(() => clock.advance(PARENT_SILENCE_MS), 5);
  await assert.rejects(over, { code: "DEADLINE" }).finally(() => clearInterval(timer));
  await close();
});

test("one connection serves all who listen to a host, and is closed when it was idle for long", async () => {
  const { announcements, channels, clock, parent, close } = world();
  const told = await parent();
  const wanted = { taskId: TASK, pieces: [0] };
  const signal = AbortSignal.timeout(60_000);
  const listeners = [1, 2, 3].map(() => announcements.listen(addressOf(told), wanted, () => {}, signal));
  await told.heardBy(3);
  assert.equal(channels.count, 1);
  told.end();
  await Promise.all(listeners);
  clock.advance(PARENT_CHANNEL_IDLE_MS - 1);
  assert.equal(channels.count, 1);
  clock.advance(1);
  assert.equal(channels.count, 0);
  await close();
});

test("more hosts than the bound are refused while all are in use; idle ones make way", () => {
  const { channels } = world();
  const lent = Array.from({ length: PARENT_CHANNELS_MAX }, (_, index) =>
    channels.use({ ip: "127.0.0.1", uploadPort: 1 + index }),
  );
  const more = { ip: "127.0.0.2", uploadPort: 1 };
  assert.throws(() => channels.use(more), { code: "TOO_MANY" });
  lent[7]?.release();
  channels.use(more).release();
  assert.equal(channels.count, PARENT_CHANNELS_MAX);
  channels.close();
  assert.equal(channels.count, 0);
  assert.throws(() => channels.use(more), { code: "CLOSED" });
});
