/** In which order blocks go, as tables. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  chooseEvictions,
  type EvictableTask,
  type SequentialReader,
} from "../../../daemon/piece/eviction.ts";

/** A task of 16 blocks, four to a piece. */
function taskOf(
  present: readonly number[],
  more: { readers?: readonly SequentialReader[]; needed?: readonly number[]; used?: readonly number[] } = {},
): EvictableTask {
  const blocks = new Uint8Array(2);
  for (const block of present) blocks[block >> 3] = (blocks[block >> 3] ?? 0) | (1 << (block & 7));
  return {
    blocks,
    blockCount: 16,
    blocksPerPiece: 4,
    readers: more.readers ?? [],
    isNeeded: (block) => more.needed?.includes(block) ?? false,
    usedMs: (piece) => more.used?.[piece] ?? 0,
  };
}

const ALL = Array.from({ length: 16 }, (_, block) => block);

const spansOf = (choice: ReturnType<typeof chooseEvictions>) =>
  choice.spans.map(({ start, end }) => [start, end]);

describe("the choice of what goes", () => {
  test("behind a reader the farthest goes first, piece by piece, and the block it may come back to stays", () => {
    const task = taskOf(ALL, { readers: [{ start: 0, at: 10, aheadEnd: 14 }] });
    assert.deepEqual(spansOf(chooseEvictions([task], "passed")), [
      [0, 4],
      [4, 8],
      [8, 9],
    ]);
  });

  test("what lies ahead of a second reader is not what the first has passed", () => {
    const readers = [
      { start: 0, at: 12, aheadEnd: 12 },
      { start: 0, at: 4, aheadEnd: 6 },
    ];
    const task = taskOf(ALL, { readers });
    assert.deepEqual(spansOf(chooseEvictions([task], "passed")), [[0, 3]]);
    // The farthest from the nearest reader behind it first.
    assert.deepEqual(spansOf(chooseEvictions([task], "ahead")), [
      [8, 11],
      [6, 8],
      [14, 16],
    ]);
  });

  test("what was fetched ahead goes last of all, the farthest first, never what is read next", () => {
    const task = taskOf(ALL, { readers: [{ start: 0, at: 2, aheadEnd: 12 }] });
    const windows = chooseEvictions([task], "windows");
    assert.deepEqual(spansOf(windows), [
      [8, 12],
      [4, 8],
    ]);
    const kept = [1, 2, 3];
    for (const sacrifice of ["passed", "unused", "ahead", "windows"] as const)
      for (const { start, end } of chooseEvictions([task], sacrifice).spans)
        assert.ok(!kept.some((block) => start <= block && block < end), sacrifice);
  });

  test("without readers in order, what was used longest ago goes first, of all tasks", () => {
    const old = taskOf([0, 1, 4, 8], { used: [30, 10, 50] });
    const young = taskOf([12, 13], { used: [0, 0, 0, 20] });
    const { spans } = chooseEvictions([old, young], "unused");
    assert.deepEqual(
      spans.map(({ task, start, end }) => [task === old ? "old" : "young", start, end]),
      [
        ["old", 4, 5],
        ["young", 12, 14],
        ["old", 0, 2],
        ["old", 8, 9],
      ],
    );
  });

  test("what somebody needs is passed over, and told of as what will be free", () => {
    const task = taskOf([0, 1, 2, 3], { needed: [1] });
    const { spans, othersMove } = chooseEvictions([task], "unused");
    assert.deepEqual(
      spans.map(({ start, end }) => [start, end]),
      [
        [0, 1],
        [2, 4],
      ],
    );
    assert.equal(othersMove, true);
    assert.equal(chooseEvictions([taskOf([0])], "unused").othersMove, false);
  });

  test("a task without a block gives none", () => {
    assert.deepEqual(chooseEvictions([taskOf([])], "unused"), { spans: [], othersMove: false });
  });
});
