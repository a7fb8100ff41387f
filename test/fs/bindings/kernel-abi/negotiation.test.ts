/** What is agreed in INIT with kernels new and old. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { flagNames, INIT_FLAG } from "../../../../fs/bindings/kernel-abi/flags.ts";
import { negotiate } from "../../../../fs/bindings/kernel-abi/negotiation.ts";

const EVERYTHING = (1n << 43n) - 1n;
const wishes = { stackDepth: 1, maxReadaheadBytes: 1 << 20 } as const;
const offer = (minor: number, flags: bigint) => ({ major: 7, minor, maxReadaheadBytes: 131072, flags });

test("of a new kernel passthrough and resending are taken, and nothing that would forbid them", () => {
  const agreed = negotiate(offer(45, EVERYTHING), wishes);
  assert.ok(agreed.passthrough && agreed.resend);
  assert.equal(agreed.reply.maxStackDepth, 1);
  const names = flagNames(agreed.flags, INIT_FLAG);
  for (const name of [
    "ATOMIC_O_TRUNC",
    "WRITEBACK_CACHE",
    "POSIX_LOCKS",
    "FLOCK_LOCKS",
    "OVER_IO_URING",
    "ASYNC_DIO",
  ]) {
    assert.ok(!names.includes(name), name);
  }
  assert.equal(agreed.reply.flags, agreed.flags);
  assert.equal(agreed.reply.maxPages * 4096, agreed.reply.maxWriteBytes);
});

test("what is not offered is not taken", () => {
  for (let bit = 0n; bit < 43n; bit++) {
    const { flags } = negotiate(offer(45, EVERYTHING & ~(1n << bit)), wishes);
    assert.equal(flags & (1n << bit), 0n, `bit ${bit}`);
  }
  assert.equal(negotiate(offer(31, 0n), wishes).flags, 0n);
});

test("without the extended answer the kernel is told nothing of the second word", () => {
  const agreed = negotiate(offer(45, EVERYTHING & ~INIT_FLAG.INIT_EXT), wishes);
  assert.equal(agreed.flags >> 32n, 0n);
  assert.ok(!agreed.passthrough && !agreed.resend);
});

test("passthrough is left alone where nobody wishes for it, and offers can be refused as if not made", () => {
  const without = negotiate(offer(45, EVERYTHING), { ...wishes, stackDepth: 0 });
  assert.ok(!without.passthrough && without.reply.maxStackDepth === 0);
  const older = negotiate(offer(45, EVERYTHING), { ...wishes, refused: INIT_FLAG.PASSTHROUGH });
  assert.ok(!older.passthrough && (older.flags & INIT_FLAG.PASSTHROUGH) === 0n);
  assert.ok(older.resend);
});

test("the protocol's minor version is the smaller one, and read-ahead is only lowered", () => {
  assert.equal(negotiate(offer(31, EVERYTHING), wishes).reply.minor, 31);
  assert.equal(negotiate(offer(99, EVERYTHING), wishes).reply.minor, 45);
  assert.equal(negotiate(offer(45, EVERYTHING), wishes).reply.maxReadaheadBytes, 131072);
});

test("a kernel of another protocol is refused with its version", () => {
  assert.throws(() => negotiate(offer(22, EVERYTHING), wishes), {
    code: "NOT_SUPPORTED",
    message: /FUSE 7\.22/,
  });
  assert.throws(() => negotiate({ ...offer(45, EVERYTHING), major: 8 }, wishes), { code: "NOT_SUPPORTED" });
});
