import assert from "node:assert/strict";
import { test } from "node:test";
import { P2pfsError } from "../../base/errors.ts";
import { HandleTable } from "../../fs/handle-table.ts";

const coded = (code: string) => (error: unknown) => error instanceof P2pfsError && error.code === code;

test("handles have numbers from 1 that are not used again at once", () => {
  const table = new HandleTable<{ number: number }>();
  const first = table.add((number) => ({ number }));
  assert.equal(first.number, 1);
  table.remove(1);
  assert.equal(table.add((number) => ({ number })).number, 2);
  assert.throws(() => table.get(1), coded("BAD_HANDLE"));
});

test("numbers stay within 31 bits and pass over those in use", () => {
  const table = new HandleTable<number>(10, 0x7fff_fffe);
  assert.equal(
    table.add((number) => number),
    0x7fff_ffff,
  );
  assert.equal(
    table.add((number) => number),
    1,
  );
  const full = new HandleTable<number>(10, 0);
  full.add((number) => number);
  const wrapped = new HandleTable<number>(10, 0x7fff_ffff);
  wrapped.add((number) => number);
  assert.equal(wrapped.get(1), 1);
});

test("one handle more than the bound is EMFILE, and a closed one makes room", () => {
  const table = new HandleTable<number>(2);
  table.add((number) => number);
  table.add((number) => number);
  assert.throws(
    () => table.add((number) => number),
    (error) => coded("TOO_MANY_OPEN")(error) && (error as P2pfsError).errno === "EMFILE",
  );
  table.remove(1);
  assert.equal(
    table.add((number) => number),
    3,
  );
});
