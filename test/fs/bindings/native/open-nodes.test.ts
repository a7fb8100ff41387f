/**
 * The bookkeeping of how inodes are open, against a model of the kernel's rules (fs/fuse/iomode.c): whatever clients do,
 * in whatever order, no opening is answered in a way that the kernel refuses.
 */
import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import { OpenNodes, type OpenWay } from "../../../../fs/bindings/native/open-nodes.ts";
import { seededRandom } from "../../../base/seeded-random.ts";

const { EPERM, ELOOP, ENOTTY, EINVAL } = constants.errno;

/** Backing files as the kernel counts them. */
class ModelKernel {
  readonly backing = new Map<number, number>();
  /** Per node: how it is open, and how often. */
  readonly modes = new Map<number, { way: string; backingId: number; opens: number }>();
  refusal = 0;
  #lastId = 0;

  backingOpen(fd: number): number {
    if (this.refusal !== 0) return -this.refusal;
    this.#lastId += 1;
    this.backing.set(this.#lastId, fd);
    return this.#lastId;
  }

  backingClose(backingId: number): number {
    assert.ok(this.backing.delete(backingId), "a backing file is closed once");
    return 0;
  }

  /** What open(2) does with the answer. @throws when it would fail with EIO */
  finish(nodeid: number, answer: OpenWay): void {
    assert.notEqual(answer.way, "elsewhere");
    const backingId = answer.way === "passthrough" ? answer.backingId : 0;
    if (backingId > 0) assert.ok(this.backing.has(backingId), "EIO: an unknown backing id");
    const mode = this.modes.get(nodeid) ?? { way: answer.way, backingId, opens: 0 };
    assert.deepEqual([mode.way, mode.backingId], [answer.way, backingId], "EIO: two ways at a time");
    mode.opens += 1;
    this.modes.set(nodeid, mode);
  }

  close(nodeid: number): void {
    const mode = this.modes.get(nodeid);
    assert.ok(mode !== undefined);
    mode.opens -= 1;
    if (mode.opens === 0) this.modes.delete(nodeid);
  }
}

test("a complete file is passed through, one backing file for all its openings", () => {
  const kernel = new ModelKernel();
  const nodes = new OpenNodes(kernel, () => undefined);
  assert.deepEqual(nodes.open(2, 10, { fd: 5 }, true), { way: "passthrough", backingId: 1 });
  assert.deepEqual(nodes.open(2, 11, { fd: 5 }, true), { way: "passthrough", backingId: 1 });
  assert.deepEqual(nodes.open(2, 12, undefined, true), { way: "passthrough", backingId: 1 });
  assert.equal(nodes.otherCached(2, 10), undefined);
  for (const handle of [10, 11, 12]) nodes.release(2, handle);
  assert.equal(kernel.backing.size, 0);
  assert.equal(nodes.size, 0);
  nodes.release(2, 12);
  nodes.release(99, 1);
});

test("a file that is not complete is read through us; once it is, it needs another inode", () => {
  const nodes = new OpenNodes(new ModelKernel(), () => undefined);
  assert.deepEqual(nodes.open(2, 10, undefined, true), { way: "cached" });
  assert.deepEqual(nodes.open(2, 11, undefined, true), { way: "cached" });
  assert.equal(nodes.otherCached(2, 11), 10);
  assert.deepEqual(nodes.open(2, 12, { fd: 5 }, true), { way: "elsewhere" });
  assert.deepEqual(nodes.open(2, 12, { fd: 5 }, false), { way: "cached" }, "a reopening by /proc/self/fd");
  for (const handle of [10, 11, 12]) nodes.release(2, handle);
  assert.deepEqual(nodes.open(2, 13, { fd: 5 }, true), { way: "passthrough", backingId: 1 });
});

test("a refusal that holds for every file is remembered with its reason, one of a file is not", () => {
  const kernel = new ModelKernel();
  for (const [refusal, reason] of [
    [EPERM, /CAP_SYS_ADMIN/],
    [ENOTTY, /no passthrough/],
    [ELOOP, /stacked too deep/],
  ] as const) {
    kernel.refusal = refusal;
    const told: string[] = [];
    const nodes = new OpenNodes(kernel, (why) => told.push(why));
    assert.deepEqual(nodes.open(2, 10, { fd: 5 }, true), { way: "cached" });
    assert.match(nodes.refusal ?? "", reason);
    nodes.refuse("another reason");
    assert.deepEqual(told, [nodes.refusal], "the first reason, once");
    kernel.refusal = 0;
    assert.deepEqual(nodes.open(3, 11, { fd: 5 }, true), { way: "cached" }, "it is not asked again");
  }
  kernel.refusal = EINVAL;
  const nodes = new OpenNodes(kernel, () => undefined);
  assert.deepEqual(nodes.open(2, 10, { fd: 5 }, true), { way: "cached" });
  assert.equal(nodes.refusal, undefined);
  kernel.refusal = 0;
  assert.equal(nodes.open(3, 11, { fd: 5 }, true).way, "passthrough");
  nodes.refuse("because");
  assert.equal(nodes.open(4, 12, { fd: 5 }, true).way, "cached");
});

test("no order of openings, closings and completions makes the kernel refuse one, random ones", () => {
  const random = seededRandom("open nodes");
  let passthroughs = 0;
  for (let round = 0; round < 300; round++) {
    const kernel = new ModelKernel();
    const nodes = new OpenNodes(kernel, () => undefined);
    const open = new Map<number, number>();
    const complete = new Set<number>();
    const retired = new Set<number>();
    for (let handle = 1; handle < 120; handle++) {
      const nodeid = 1 + random.below(5);
      if (random.below(4) === 0) complete.add(nodeid);
      const [oldest] = open;
      if (oldest !== undefined && random.below(2) === 0) {
        nodes.release(oldest[1], oldest[0]);
        kernel.close(oldest[1]);
        open.delete(oldest[0]);
      }
      const way = nodes.open(
        nodeid,
        handle,
        complete.has(nodeid) ? { fd: 3 } : undefined,
        !retired.has(nodeid),
      );
      if (way.way === "elsewhere") {
        // The node's name leads to another inode from here on; openings of this one go on as they are.
        retired.add(nodeid);
        continue;
      }
      // Now and then the client is gone before it gets the answer.
      if (random.below(6) === 0) {
        nodes.release(nodeid, handle);
        continue;
      }
      kernel.finish(nodeid, way);
      open.set(handle, nodeid);
      if (way.way === "passthrough") passthroughs++;
    }
    for (const [handle, nodeid] of open) nodes.release(nodeid, handle);
    assert.equal(kernel.backing.size, 0, "every backing file was closed");
    assert.equal(nodes.size, 0);
  }
  assert.ok(passthroughs > 300, `${passthroughs} openings were passed through`);
});
