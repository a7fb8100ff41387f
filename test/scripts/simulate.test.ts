/** The simulation: small swarms complete, take the file from the source once, and come to the same end again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MODEL, type Settings } from "../../scripts/simulate/model.ts";
import { Network, newLink } from "../../scripts/simulate/network.ts";
import { SimClock } from "../../scripts/simulate/sim-clock.ts";
import { World } from "../../scripts/simulate/world.ts";

const settings: Settings = {
  hosts: 12,
  files: 1,
  fileBytes: 40 * MODEL.pieceBytes,
  faults: false,
  reverse: false,
  rotation: false,
  seed: 3,
  epochMs: 200,
};

async function played(more: Partial<Settings> = {}): Promise<World> {
  const world = new World({ ...settings, ...more });
  await world.run();
  return world;
}

const ends = (world: World) => world.loads.map(({ completedMs }) => completedMs);

test("every host of a small swarm gets the file, and the source gives it once", async () => {
  const world = await played();
  assert.equal(world.loads.length, settings.hosts);
  assert.ok(ends(world).every((ms) => ms !== undefined));
  assert.equal(world.sourceBytes, settings.fileBytes);
  assert.deepEqual(ends(await played()), ends(world), "the same seed makes the same run");
});

test("hosts that stall, lie and die keep nobody else from the file", async () => {
  const some = { ...settings, hosts: 60, faults: true };
  const all = (seed: number) =>
    new Set(new World({ ...some, seed }).hosts.map(({ fault }) => fault)).size === 4;
  let seed = 1;
  while (!all(seed)) seed += 1;
  const world = await played({ ...some, seed });
  for (const { host, completedMs } of world.loads)
    assert.ok(completedMs !== undefined || host.isDead, host.id);
});

test("flows share links fairly, and none gets more than its links have", () => {
  const clock = new SimClock();
  const network = new Network(clock, 100);
  const [sender, fast, slow] = [newLink(8e6), newLink(80e6), newLink(2e6)];
  const ended: Record<string, number> = {};
  // 1,000 bytes a millisecond to give: 250 go to the slow one, the fast one has the rest.
  network.send(sender, slow, 250_000, () => {
    ended.slow = clock.nowMs();
  });
  network.send(sender, fast, 750_000, () => {
    ended.fast = clock.nowMs();
  });
  while (Object.keys(ended).length < 2 && clock.step(10_000));
  assert.ok((ended.slow ?? 0) >= 1_000 && (ended.slow ?? 0) < 1_150, `${ended.slow}`);
  assert.ok((ended.fast ?? 0) >= 1_000 && (ended.fast ?? 0) < 1_150, `${ended.fast}`);
});
