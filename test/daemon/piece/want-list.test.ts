import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { firstClear, hasBit } from "../../../daemon/piece/bits.ts";
import { type TaskView, type Want, WantList } from "../../../daemon/piece/want-list.ts";

/** 64 blocks in pieces of 4; `present` and `busy` hold block numbers. */
function view(present: readonly number[] = [], busy: readonly number[] = [], ranges = true): TaskView {
  const blocks = new Uint8Array(8);
  for (const block of present) blocks[block >> 3] = (blocks[block >> 3] ?? 0) | (1 << (block & 7));
  return { blocks, blockCount: 64, blocksPerPiece: 4, blocked: (block) => busy.includes(block), ranges };
}

const reader = {};
const copier = {};

function want(fields: Partial<Want>): Want {
  return { owner: reader, priority: "demand", start: 0, end: 1, ...fields };
}

describe("bits", () => {
  test("the first clear bit is found across full bytes, and the end is answered when there is none", () => {
    const bits = Uint8Array.from([0xff, 0xff, 0x7f]);
    assert.equal(firstClear(bits, 0, 24), 23);
    assert.equal(firstClear(bits, 3, 20), 20);
    assert.equal(hasBit(bits, 23), false);
    assert.equal(hasBit(bits, 400), false, "past the end is clear");
  });
});

describe("the want list", () => {
  test("a lone demand fetches exactly its blocks", () => {
    const list = new WantList();
    list.add(want({ start: 9, end: 10 }));
    assert.deepEqual(list.next(view()), { start: 9, end: 10, priority: "demand" });
  });

  test("a GET starts at the awaited block and goes on to what else is wanted, not beyond its piece", () => {
    const list = new WantList();
    list.add(want({ owner: copier, priority: "copy", start: 0, end: 64 }));
    list.add(want({ start: 9, end: 10 }));
    assert.deepEqual(list.next(view()), { start: 9, end: 12, priority: "demand" });
  });

  test("a blocked reader comes before read-ahead, and read-ahead before a copy", () => {
    const list = new WantList();
    list.add(want({ priority: "copy", start: 0, end: 64 }));
    list.add(want({ priority: "read-ahead", start: 20, end: 24 }));
    list.add(want({ priority: "demand", start: 41, end: 42 }));
    assert.equal(list.next(view())?.start, 41);
    assert.equal(list.next(view([41]))?.start, 20);
    assert.equal(list.next(view([20, 21, 22, 23, 41]))?.start, 0);
  });

  test("what is present or under way is not fetched again", () => {
    const list = new WantList();
    list.add(want({ priority: "copy", start: 0, end: 8 }));
    assert.deepEqual(list.next(view([0, 1], [2, 3])), { start: 4, end: 8, priority: "copy" });
    assert.equal(list.next(view([0, 1, 2, 3], [4, 5, 6, 7])), undefined);
  });

  test("a satisfied want leaves the list", () => {
    const list = new WantList();
    list.add(want({ start: 0, end: 2 }));
    assert.equal(list.next(view([0, 1])), undefined);
    assert.equal(list.size, 0);
  });

  test("an origin without ranges is asked for the whole once, whatever is wanted", () => {
    const list = new WantList();
    list.add(want({ start: 30, end: 31 }));
    assert.deepEqual(list.next(view([], [], false)), { start: 0, end: 64, priority: "demand" });
    assert.equal(list.next(view([], [0, 30], false)), undefined);
  });

  test("one pass offers each stretch once, leaving out pieces that are held, also those held meanwhile", () => {
    const list = new WantList();
    list.add({ owner: {}, priority: "copy", start: 0, end: 64 });
    list.add({ owner: {}, priority: "demand", start: 33, end: 34 });
    const held = new Uint8Array(8);
    const hold = (piece: number) => {
      held[piece >> 3] = (held[piece >> 3] ?? 0) | (1 << (piece & 7));
    };
    hold(1);
    hold(2);
    const task = { ...view(), held };
    const starts: number[] = [];
    for (const { start, end } of list.plans(task)) {
      starts.push(start);
      assert.ok(!hasBit(held, Math.floor(start / task.blocksPerPiece)));
      assert.equal(Math.floor(start / task.blocksPerPiece), Math.floor((end - 1) / task.blocksPerPiece));
      hold(Math.floor(start / task.blocksPerPiece) + 1);
    }
    assert.equal(starts[0], 33);
    assert.deepEqual([...new Set(starts)], starts);
    assert.deepEqual([...list.plans({ ...task, held: new Uint8Array(8).fill(0xff) })], []);
  });

  test("what is dropped in the middle of a pass is not offered any more", () => {
    const list = new WantList();
    const owner = {};
    list.add({ owner, priority: "copy", start: 0, end: 64 });
    let offered = 0;
    for (const _plan of list.plans(view())) {
      offered += 1;
      list.removeOwner(owner);
    }
    assert.equal(offered, 1);
  });

  test("a stretch taken back splits the owner's want and leaves those of others and demands alone", () => {
    const list = new WantList();
    list.add(want({ priority: "read-ahead", start: 0, end: 12 }));
    list.add(want({ owner: copier, priority: "copy", start: 4, end: 5 }));
    list.add(want({ priority: "demand", start: 5, end: 6 }));
    list.subtract(reader, { start: 4, end: 8 });
    const fetched: number[] = [];
    const present: number[] = [];
    for (let plan = list.next(view(present)); plan !== undefined; plan = list.next(view(present))) {
      for (let block = plan.start; block < plan.end; block += 1) {
        fetched.push(block);
        present.push(block);
      }
    }
    assert.deepEqual(
      fetched.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 8, 9, 10, 11],
    );
  });

  test("closing an opening takes back all it wanted", () => {
    const list = new WantList();
    list.add(want({ start: 0, end: 4 }));
    list.add(want({ owner: copier, priority: "copy", start: 8, end: 9 }));
    list.removeOwner(reader);
    assert.deepEqual(list.next(view()), { start: 8, end: 9, priority: "copy" });
  });

  test("random wants are all fetched, each block once (seeded)", () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 200; round += 1) {
      const list = new WantList();
      const wanted = new Set<number>();
      for (let i = 0; i < 10; i += 1) {
        const start = random(64);
        const end = Math.min(64, start + 1 + random(12));
        const priority = (["demand", "read-ahead", "copy"] as const)[random(3)] ?? "copy";
        list.add(want({ priority, start, end }));
        for (let block = start; block < end; block += 1) wanted.add(block);
      }
      const present: number[] = [];
      for (let plan = list.next(view(present)); plan !== undefined; plan = list.next(view(present))) {
        assert.ok(
          Math.floor(plan.start / 4) === Math.floor((plan.end - 1) / 4),
          `seed ${seed}: within one piece`,
        );
        for (let block = plan.start; block < plan.end; block += 1) {
          assert.ok(!present.includes(block) && wanted.has(block), `seed ${seed}: block ${block}`);
          present.push(block);
        }
      }
      assert.equal(present.length, wanted.size, `seed ${seed}`);
    }
  });
});
