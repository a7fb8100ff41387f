/** A scope ends what was opened in reverse order, whatever happens on the way. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { Scope } from "./scope.ts";

test("endings run last first, and all of them although one fails", async () => {
  const scope = new Scope();
  const order: number[] = [];
  scope.after(() => order.push(1));
  scope.after(() => {
    throw new RangeError("no");
  });
  scope.inner().after(() => order.push(3));
  await assert.rejects(scope.close(), RangeError);
  assert.deepEqual(order, [3, 1]);
});

test("what is opened after the end is ended at once", async () => {
  const scope = new Scope();
  await scope.close();
  let ended = false;
  assert.throws(() =>
    scope.after(() => {
      ended = true;
    }),
  );
  await scope.close();
  assert.ok(ended);
});

test("a folder goes with its scope", async () => {
  const scope = new Scope();
  const folder = await scope.folder();
  assert.ok(existsSync(folder));
  await scope.close();
  assert.ok(!existsSync(folder));
});
