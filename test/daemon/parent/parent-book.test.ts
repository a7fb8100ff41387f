/** Whom a task asks for a piece. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ANNOUNCE_GATHER_MS,
  PARENT_FETCHES_MAX,
  PARENT_NEWS_MS,
  PARENT_PATIENCE_MS,
  PARENT_REFUSALS_MAX,
  PARENT_REFUSED_REST_MS,
  PARENT_REFUSED_REST_MS_MAX,
  SPARED_LOOKS_MAX,
  SPARED_PARENT_FETCHES_MAX,
} from "../../../base/limits.ts";
import { ParentBook } from "../../../daemon/parent/parent-book.ts";
import { seededRandom } from "../../base/seeded-random.ts";

const PLACE = { ip: "10.0.0.1", port: 4005 };

function bookOf(parents: Readonly<Record<string, number>>): ParentBook {
  const book = new ParentBook();
  for (const [peerId, rate] of Object.entries(parents))
    book.add({ peerId, hostId: `${peerId}-host`, freeRate: () => rate });
  return book;
}

const now = (ms: number, random = 0.5) => ({ ms, random });
/** Whoever is chosen, or the kind of the choice. */
function chosen(book: ParentBook, piece: number, ms: number, random = 0.5): string {
  const choice = book.choose(piece, "copy", now(ms, random));
  return choice.kind === "parent" ? choice.parent.peerId : choice.kind;
}

describe("the parents of a task", () => {
  test("are asked once all have announced a piece, or a short while after the first", () => {
    const book = bookOf({ a: 1, b: 1 });
    book.announce("a", 0, PLACE, 1_000);
    assert.deepEqual(book.choose(0, "copy", now(1_010)), {
      kind: "wait",
      untilMs: 1_000 + ANNOUNCE_GATHER_MS,
    });
    assert.equal(chosen(book, 0, 1_000 + ANNOUNCE_GATHER_MS), "a");
    book.announce("b", 0, PLACE, 1_020);
    assert.equal(chosen(book, 0, 1_030, 0.9), "b");
  });

  test("give a copy a few pieces at a time while others get pieces, and as many as ever when nobody else does", () => {
    const book = bookOf({ first: 1, other: 1 });
    for (const piece of [0, 1, 2]) book.announce("first", piece, PLACE, 0);
    const ms = ANNOUNCE_GATHER_MS;
    const [end = () => {}] = Array.from({ length: SPARED_PARENT_FETCHES_MAX }, () => book.begin("first"));
    assert.equal(chosen(book, 1, ms), "first", "the other has told of nothing yet");
    book.announce("other", 0, PLACE, ms);
    assert.deepEqual(
      [0, 0.999].map((random) => book.choose(1, "copy", now(ms, random))),
      [1, SPARED_LOOKS_MAX].map((looks) => ({ kind: "wait", untilMs: ms + looks * ANNOUNCE_GATHER_MS })),
      "thousands of pieces are not all asked about again at once",
    );
    assert.equal(book.choose(1, "demand", now(ms)).kind, "parent", "a blocked reader is not kept waiting");
    assert.equal(chosen(book, 1, ms + PARENT_NEWS_MS), "first", "the other gets nothing any more");
    end();
    assert.equal(chosen(book, 1, ms), "first");
    book.begin("first");
    book.silent("other");
    assert.equal(chosen(book, 1, ms), "first", "the other has told all it will");
  });

  test("that refuse pieces while they tell of others rest, longer each time; a piece that they give is forgiveness", () => {
    const book = bookOf({ a: 1 });
    book.announce("a", 0, PLACE, 0);
    assert.ok(book.refused("a", 0));
    assert.ok(book.refused("a", 1), "what was asked at the same time is no further refusal");
    assert.deepEqual(book.choose(0, "copy", now(1)), { kind: "wait", untilMs: PARENT_REFUSED_REST_MS });
    let ms = PARENT_REFUSED_REST_MS;
    assert.equal(chosen(book, 0, ms), "a");
    assert.ok(book.refused("a", ms));
    assert.equal(chosen(book, 0, ms + PARENT_REFUSED_REST_MS), "wait");
    book.gave("a");
    for (let refusals = 0; refusals < PARENT_REFUSALS_MAX; refusals += 1) {
      ms += PARENT_REFUSED_REST_MS_MAX;
      assert.equal(chosen(book, 0, ms), "a");
      assert.ok(book.refused("a", ms));
    }
    assert.ok(!book.refused("a", ms + PARENT_REFUSED_REST_MS_MAX), "once too often");
    book.silent("a");
    book.gave("a");
    assert.ok(!book.refused("a", 2 * ms), "who tells of nothing any more may be gone");
  });

  test("are asked at once for a blocked reader", () => {
    const book = bookOf({ a: 1, b: 1 });
    book.announce("a", 0, PLACE, 1_000);
    assert.equal(book.choose(0, "demand", now(1_000)).kind, "parent");
  });

  test("that speak but have not the piece are waited for, each want as long as it can, then the source is asked", () => {
    for (const [patience, ms] of Object.entries(PARENT_PATIENCE_MS) as ["demand", number][]) {
      const book = bookOf({ a: 1 });
      assert.deepEqual(book.choose(7, patience, now(500)), { kind: "wait", untilMs: 500 + ms });
      assert.deepEqual(book.choose(7, patience, now(500 + ms - 1)), { kind: "wait", untilMs: 500 + ms });
      assert.equal(book.choose(7, patience, now(500 + ms)).kind, "source");
    }
  });

  test("that still get pieces are waited for by a copy, however long ago it asked; not by a reader", () => {
    const book = bookOf({ a: 1 });
    const { copy, "read-ahead": readAhead } = PARENT_PATIENCE_MS;
    assert.equal(book.choose(7, "copy", now(0)).kind, "wait");
    book.announce("a", 1, PLACE, copy - 1);
    assert.deepEqual(book.choose(7, "copy", now(copy)), { kind: "wait", untilMs: 2 * copy - 1 });
    book.announce("a", 1, PLACE, 2 * copy - 2);
    assert.equal(
      book.choose(7, "copy", now(2 * copy - 1)).kind,
      "source",
      "what it has told before is no news",
    );
    assert.equal(book.choose(8, "read-ahead", now(3 * copy)).kind, "wait");
    book.announce("a", 2, PLACE, 3 * copy + readAhead - 1);
    assert.equal(book.choose(8, "read-ahead", now(3 * copy + readAhead)).kind, "source");
  });

  test("that have told all they will are not waited for", () => {
    const book = bookOf({ a: 1 });
    book.announce("a", 0, PLACE, 0);
    book.silent("a");
    assert.equal(chosen(book, 1, 0), "source");
    assert.equal(chosen(book, 0, 0), "a");
    assert.ok(book.isAlive, "what it announced can be had still");
    book.lacks("a", 0);
    assert.equal(chosen(book, 0, 0), "source");
    assert.ok(!book.isAlive);
  });

  test("that lack a piece they had announced are not waited for, until they announce it anew", () => {
    const book = bookOf({ a: 1 });
    book.announce("a", 0, PLACE, 0);
    book.lacks("a", 0);
    assert.equal(chosen(book, 0, 0), "source");
    assert.equal(chosen(book, 1, 0), "wait");
    book.announce("a", 0, PLACE, 0);
    assert.equal(chosen(book, 0, 0), "a");
  });

  test("are drawn by what they could send, and by how much they send to us already", () => {
    const book = bookOf({ slow: 1e9, fast: 9e9 });
    for (const peerId of ["slow", "fast"]) book.announce(peerId, 0, PLACE, 0);
    const random = seededRandom("parents");
    const count = (rounds: number) => {
      const found: Record<string, number> = { slow: 0, fast: 0 };
      for (let round = 0; round < rounds; round++) {
        const name = chosen(book, 0, 0, random.next());
        found[name] = (found[name] ?? 0) + 1;
      }
      return found;
    };
    const idle = count(5_000);
    assert.ok(Math.abs((idle.fast ?? 0) / 5_000 - 0.9) < 0.03, JSON.stringify(idle));
    const ends = Array.from({ length: 5 }, () => book.begin("fast"));
    const busy = count(5_000);
    assert.ok(Math.abs((busy.fast ?? 0) / 5_000 - 1.5 / 2.5) < 0.04, JSON.stringify(busy));
    for (const end of ends) end();
    assert.ok((count(1_000).fast ?? 0) > 800);
  });

  test("give only so many pieces at once", () => {
    const book = bookOf({ a: 0 });
    book.announce("a", 0, PLACE, 0);
    const ends = Array.from({ length: PARENT_FETCHES_MAX }, () => book.begin("a"));
    assert.equal(chosen(book, 0, 0), "wait");
    ends[0]?.();
    ends[0]?.();
    assert.equal(chosen(book, 0, 0), "a");
  });

  test("that were dropped are never asked again, whoever names them", () => {
    const book = bookOf({ liar: 1, b: 1 });
    book.announce("liar", 0, PLACE, 0);
    assert.ok(book.drop("liar"));
    assert.ok(!book.drop("liar"));
    assert.ok(!book.isNew("liar"));
    assert.ok(!book.isNew("b"));
    assert.ok(book.isNew("c"));
    book.announce("liar", 0, PLACE, 0);
    assert.equal(chosen(book, 0, 0), "wait");
    book.drop("b");
    assert.equal(chosen(book, 0, 0), "source");
  });
});
