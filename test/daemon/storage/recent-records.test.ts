import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PIECE_RECORDS_KEPT_MAX } from "../../../base/limits.ts";
import { RecentRecords } from "../../../daemon/storage/recent-records.ts";

const record = (number: number) => ({ number, digest: `crc32:${number}`, costMs: 1, finishedAtMs: 2 });

describe("records of recent pieces", () => {
  it("keeps a bounded number, and lets go of the longest unused", () => {
    const records = new RecentRecords();
    for (let piece = 0; piece <= PIECE_RECORDS_KEPT_MAX; piece += 1) records.keep(record(piece));
    assert.equal(records.get(0), undefined);
    assert.deepEqual(records.get(1), record(1));
    assert.deepEqual(records.get(PIECE_RECORDS_KEPT_MAX), record(PIECE_RECORDS_KEPT_MAX));
  });

  it("forgets a piece that is finished no more, and tells that one was", () => {
    const records = new RecentRecords();
    records.keep(record(7));
    const { drops } = records;
    records.drop(7);
    assert.equal(records.get(7), undefined);
    assert.notEqual(records.drops, drops);
  });
});
