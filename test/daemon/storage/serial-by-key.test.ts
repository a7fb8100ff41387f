/** Turns by key. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SerialByKey } from "../../../daemon/storage/serial-by-key.ts";
import { seededRandom } from "../../base/seeded-random.ts";

test("work of one key runs one after the other in the order it was asked for; other keys do not wait", async () => {
  const random = seededRandom("serial-by-key");
  const serial = new SerialByKey();
  const running = new Set<string>();
  const order = new Map<string, number[]>();
  let together = 0;
  const runs = Array.from({ length: 200 }, (_, n) => {
    const key = random.pick(["a", "b", "c"]);
    const turns = random.below(4);
    const fails = random.below(5) === 0;
    const run = serial.run(key, async () => {
      assert.ok(!running.has(key), "nothing else of the key runs");
      running.add(key);
      together = Math.max(together, running.size);
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      running.delete(key);
      order.set(key, [...(order.get(key) ?? []), n]);
      if (fails) throw new RangeError(`work ${n}`);
      return n;
    });
    return fails ? assert.rejects(run, { message: `work ${n}` }) : run.then((got) => assert.equal(got, n));
  });
  await Promise.all(runs);
  for (const numbers of order.values())
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
  assert.equal(together, 3);
  assert.equal(serial.busyCount, 0, "keys with nothing to do are forgotten");
});

test("idle waits for what was asked for, also when it fails", async () => {
  const serial = new SerialByKey();
  let done = false;
  const failing = assert.rejects(
    serial.run("a", async () => {
      await new Promise(setImmediate);
      done = true;
      throw new RangeError("failed");
    }),
  );
  await serial.idle();
  assert.ok(done);
  await failing;
});
