/** The simulation: small swarms complete, take the file from the source once, and come to the same end again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MODEL, type Settings, settingsOf } from "../../scripts/simulate/model.ts";
import { Network, newLink } from "../../scripts/simulate/network.ts";
import { boundsOf, reportOf } from "../../scripts/simulate/report.ts";
import { SimClock } from "../../scripts/simulate/sim-clock.ts";
import { World } from "../../scripts/simulate/world.ts";

const settings = settingsOf({ hosts: 12, fileBytes: 40 * MODEL.pieceBytes, seed: 3 });

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

test("links can be named one by one: a swarm of two is as slow as its slower one", async () => {
  const hostLinks = [8e9, 1e9];
  const fileBytes = 1024 ** 3;
  const world = new World({ hostLinks, fileBytes, pieceBytes: 4 * 1024 ** 2, seedLink: 10e9, nearMs: 0 });
  await world.run();
  const slow = world.loads.find(({ host }) => host.rate === 1e9);
  const seconds = ((slow?.completedMs ?? Number.NaN) - (slow?.startedMs ?? 0)) / 1000;
  assert.equal(world.loads.length, 2);
  assert.ok(seconds >= (fileBytes * 8) / 1e9 && seconds < (fileBytes * 10) / 1e9, `${seconds} s`);
});

test("without a seed peer one host goes to the source for all", async () => {
  const world = await played({ seedLink: undefined, toldLink: 400e9 });
  assert.equal(world.byIp.size, settings.hosts);
  assert.ok(ends(world).every((ms) => ms !== undefined));
  assert.equal(world.sourceBytes, settings.fileBytes);
});

test("hosts that stall, lie and die keep nobody else from the file", async () => {
  const some = { ...settings, hosts: 60, faults: true, churnShare: 0.1 };
  const all = (seed: number) =>
    new Set(new World({ ...some, seed }).hosts.map(({ fault }) => fault)).size === 4;
  let seed = 1;
  while (!all(seed)) seed += 1;
  const world = await played({ ...some, seed });
  for (const { host, completedMs, failure } of world.loads)
    assert.ok(completedMs !== undefined || host.isDead, `${host.id}: ${failure}`);
  assert.ok(world.hosts.some(({ isDead }) => isDead));
  assert.deepEqual(ends(await played({ ...some, seed })), ends(world), "the same seed makes the same run");
});

test("readers get all of the file in order; the other way round and rarest first bring it whole, too", async () => {
  const read = await played({ hosts: 4, readers: true });
  for (const { completedMs, stalledMs = 0, startedMs, host } of read.loads) {
    assert.ok(completedMs !== undefined);
    const readingMs = (settings.fileBytes * 8000) / host.rate;
    assert.ok(Math.abs(completedMs - startedMs - readingMs - stalledMs) < 1, host.id);
  }
  const other = await played({ reverse: true, rotation: true });
  assert.ok(ends(other).every((ms) => ms !== undefined));
  assert.equal(other.sourceBytes, settings.fileBytes);
});

test("the bound of many files counts that the seed has to send each of those that are wanted", async () => {
  const world = await played({ files: 3, linkMin: 10e9 });
  const files = new Set(world.loads.map(({ id }) => id)).size;
  assert.ok(files > 1);
  assert.equal(world.sourceBytes, files * settings.fileBytes);
  assert.equal(boundsOf(world).bound, (files * settings.fileBytes * 8) / 10e9);
  assert.ok(reportOf(world, 0).includes("3 files, equal links"));
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

test("flows of different weights share a link by them", () => {
  const clock = new SimClock();
  const weights = [3, 1];
  const network = new Network(clock, 100, () => weights.shift() ?? 1);
  const [sender, one, other] = [newLink(8e6), newLink(80e6), newLink(80e6)];
  const ended: Record<string, number> = {};
  network.send(sender, one, 750_000, () => {
    ended.heavy = clock.nowMs();
  });
  network.send(sender, other, 250_000, () => {
    ended.light = clock.nowMs();
  });
  while (Object.keys(ended).length < 2 && clock.step(10_000));
  assert.ok((ended.heavy ?? 0) >= 900 && (ended.heavy ?? 0) < 1_100, `${ended.heavy}`);
  assert.ok((ended.light ?? 0) >= 900 && (ended.light ?? 0) < 1_100, `${ended.light}`);
  assert.ok(sender.weight === 0 && Math.abs(sender.used) < 1e-6, "the link is free again");
});

test("hosts begin when they are told to", async () => {
  const startsMs = Array.from({ length: settings.hosts }, (_, n) => 100 * n);
  const world = await played({ startsMs });
  assert.deepEqual(
    world.hosts.map((host) => world.loads.find((load) => load.host === host)?.startedMs),
    startsMs,
  );
});
