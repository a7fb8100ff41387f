/** What a watched host is known to be able to send, and what becomes of one that says nothing any more. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { PARENT_ANSWER_MS, PARENT_LOAD_REST_MS } from "../../../base/limits.ts";
import { ParentChannels } from "../../../daemon/transport/parent-channels.ts";
import { SyncHostLoads } from "../../../daemon/transport/sync-host.ts";
import { until } from "../../base/promises.ts";
import { GrpcParent } from "./told-parent.ts";

async function world(t: TestContext) {
  const clock = new FakeClock();
  const channels = new ParentChannels({ clock });
  const loads = new SyncHostLoads({ channels, clock, hostId: "child", newPeerId: () => "child-peer" });
  const parent = await new GrpcParent("ab".repeat(32)).listen();
  const address = { ip: "127.0.0.1", uploadPort: parent.port };
  t.after(async () => {
    await loads.close();
    channels.close();
    parent.close();
  });
  const tell = (maxTxBandwidth: number, txBandwidth?: number) => {
    for (const call of parent.hostCalls)
      call.write({ network: { maxTxBandwidth, ...(txBandwidth === undefined ? {} : { txBandwidth }) } });
  };
  return { clock, loads, parent, address, tell };
}

test("a host's free rate is what it can send less what it sends, and never below a tenth", async (t) => {
  const { loads, parent, address, tell } = await world(t);
  const watch = loads.watch(address);
  assert.equal(watch.freeRate(), undefined);
  await until(() => parent.hostCalls.size === 1);
  tell(1000, 300);
  await until(() => watch.freeRate() === 700);
  tell(1000, 990);
  await until(() => watch.freeRate() === 100);
  tell(2000);
  await until(() => watch.freeRate() === 2000);
  tell(0, 0);
  await until(() => watch.freeRate() === undefined);
});

test("all who watch a host share one stream, which ends with the last of them", async (t) => {
  const { loads, parent, address, tell } = await world(t);
  const watches = [1, 2, 3].map(() => loads.watch(address));
  await until(() => parent.hostCalls.size === 1);
  tell(500, 0);
  await until(() => watches.every((watch) => watch.freeRate() === 500));
  for (const watch of watches.slice(1)) watch.close();
  watches[1]?.close();
  assert.equal(loads.count, 1);
  watches[0]?.close();
  assert.equal(loads.count, 0);
  await until(() => parent.hostCalls.size === 0);
});

test("a host that breaks off or falls silent says nothing, and is asked again after a rest", async (t) => {
  const { clock, loads, parent, address, tell } = await world(t);
  const watch = loads.watch(address);
  await until(() => parent.hostCalls.size === 1);
  tell(500, 0);
  await until(() => watch.freeRate() === 500);
  for (const call of parent.hostCalls) call.end();
  parent.hostCalls.clear();
  await until(() => watch.freeRate() === undefined);
  clock.advance(PARENT_LOAD_REST_MS);
  await until(() => parent.hostCalls.size === 1);
  tell(400, 0);
  await until(() => watch.freeRate() === 400);
  clock.advance(PARENT_ANSWER_MS);
  assert.equal(watch.freeRate(), undefined);
  await until(() => parent.hostCalls.size === 0);
  clock.advance(PARENT_LOAD_REST_MS);
  watch.close();
  await until(() => parent.hostCalls.size === 0);
  clock.advance(10 * PARENT_LOAD_REST_MS);
  assert.equal(clock.pending, 1, "only the idle connection's own timer is left");
});
