/** Traces of real readers, as the kernel hands them over, against what is read ahead for them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  READ_AHEAD_WINDOW_BYTES_MAX,
  READ_STREAM_IDLE_MS,
  READ_STREAMS_PER_INODE,
} from "../../base/limits.ts";
import { type ByteRange, ReadAheadBudget, ReadWindows } from "../../fs/read-window.ts";
import { seededRandom } from "../base/seeded-random.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** One inode's windows, and what they asked for. */
class Trace {
  readonly ahead: ByteRange[] = [];
  readonly dropped: ByteRange[] = [];
  readonly windows: ReadWindows;
  readonly budget: ReadAheadBudget;
  nowMs = 0;

  constructor(options: { sizeBytes: number; pieceBytes?: number; budget?: ReadAheadBudget }) {
    this.budget = options.budget ?? new ReadAheadBudget();
    this.windows = new ReadWindows({
      sizeBytes: options.sizeBytes,
      pieceBytes: options.pieceBytes ?? 4 * MIB,
      budget: this.budget,
      drop: (range) => this.dropped.push(range),
    });
  }

  read(offset: number, length: number, reader = 1): ByteRange | undefined {
    const advice = this.windows.observe(reader, { offset, length }, this.nowMs);
    if (advice !== undefined) this.ahead.push(advice.range);
    return advice?.range;
  }

  sequence(from: number, to: number, step: number, reader = 1): void {
    for (let offset = from; offset < to; offset += step)
      this.read(offset, Math.min(step, to - offset), reader);
  }

  /** The furthest byte wanted ahead. */
  get end(): number {
    return Math.max(0, ...this.ahead.map(({ offset, length }) => offset + length));
  }

  /** Bytes wanted ahead, counting a byte as often as it was asked for. */
  get bytes(): number {
    return this.ahead.reduce((sum, { length }) => sum + length, 0);
  }
}

test("the first bytes of a file want nothing ahead, whatever the kernel reads around them", () => {
  for (const length of [8, 4 * KIB, 16 * KIB, 128 * KIB, 1 * MIB]) {
    const trace = new Trace({ sizeBytes: GIB });
    trace.read(0, length);
    assert.deepEqual(trace.ahead, []);
  }
});

test("a safetensors header of up to a megabyte wants nothing ahead", () => {
  const trace = new Trace({ sizeBytes: GIB });
  trace.read(0, 16 * KIB);
  trace.sequence(16 * KIB, 1 * MIB, 128 * KIB);
  // The kernel's own read-ahead goes on past what was asked for.
  trace.read(1 * MIB, 128 * KIB);
  assert.deepEqual(trace.ahead, []);
});

test("cat is read ahead of from its second block on, in windows that double from one piece", () => {
  const trace = new Trace({ sizeBytes: 10 * GIB, pieceBytes: 4 * MIB });
  trace.sequence(0, 1.25 * MIB, 128 * KIB);
  assert.deepEqual(trace.ahead, [{ offset: 1.25 * MIB, length: 2.75 * MIB }]);
  trace.sequence(1.25 * MIB, 600 * MIB, 128 * KIB);
  const ends = trace.ahead.map(({ offset, length }) => offset + length);
  assert.deepEqual(
    trace.ahead.map(({ offset }) => offset),
    [1.25 * MIB, ...ends.slice(0, -1)],
    "each window begins where the last ended",
  );
  assert.ok(trace.ahead.length < 20, `${trace.ahead.length} windows`);
  assert.ok(ends.every((end) => end % (4 * MIB) === 0));
  assert.ok(trace.end - 600 * MIB >= READ_AHEAD_WINDOW_BYTES_MAX / 2);
  assert.ok(trace.end - 600 * MIB <= READ_AHEAD_WINDOW_BYTES_MAX + 4 * MIB);
});

test("a stream in the middle of a file with large pieces begins with about one piece", () => {
  const trace = new Trace({ sizeBytes: 32 * GIB, pieceBytes: 64 * MIB });
  trace.sequence(GIB + 10 * MIB, GIB + 12 * MIB, 128 * KIB);
  const [first] = trace.ahead;
  assert.ok(first !== undefined);
  assert.equal((first.offset + first.length) % (64 * MIB), 0);
  assert.ok(first.length >= 32 * MIB && first.length <= 96 * MIB, `${first.length / MIB} MiB`);
});

test("nothing is wanted behind the end of the file", () => {
  const trace = new Trace({ sizeBytes: 5 * MIB + 17 });
  trace.sequence(0, 5 * MIB + 17, 128 * KIB);
  assert.equal(trace.end, 5 * MIB + 17);
  assert.equal(trace.bytes, trace.end - 1.25 * MIB);
});

test("eight interleaved readers of contiguous parts are eight streams", () => {
  const trace = new Trace({ sizeBytes: 8 * GIB });
  for (let step = 0; step < 32; step++) {
    for (let reader = 0; reader < 8; reader++) trace.read(reader * GIB + step * 128 * KIB, 128 * KIB, reader);
  }
  assert.equal(trace.windows.streamCount, 8);
  for (let reader = 0; reader < 8; reader++) {
    const own = trace.ahead.filter(({ offset }) => Math.floor(offset / GIB) === reader);
    assert.ok(own.length >= 1, `reader ${reader} is read ahead of`);
  }
});

test("eight readers of interleaved chunks count as one stream that goes forward", () => {
  const trace = new Trace({ sizeBytes: 4 * GIB });
  for (let chunk = 0; chunk < 200; chunk++) {
    // Each process is a little earlier or later than its turn.
    const late = (chunk * 5) % 8;
    trace.read((Math.floor(chunk / 8) * 8 + late) * 128 * KIB, 128 * KIB, late);
  }
  assert.equal(trace.windows.streamCount, 1);
  assert.ok(trace.end > 25 * MIB);
  assert.equal(trace.bytes, trace.end - (trace.ahead[0]?.offset ?? 0), "nothing is wanted twice");
});

test("four processes that share one descriptor look sequential although their reads arrive out of order", () => {
  const trace = new Trace({ sizeBytes: 4 * GIB });
  const order = [1, 0, 3, 2];
  for (let group = 0; group < 64; group++) {
    for (const place of order) trace.read((group * 4 + place) * 128 * KIB, 128 * KIB);
  }
  assert.equal(trace.windows.streamCount, 1);
  assert.ok(trace.ahead.length >= 2);
});

test("mmap faults that go forward are read ahead of, though the kernel reads around each fault", () => {
  const trace = new Trace({ sizeBytes: 4 * GIB });
  trace.read(512 * MIB, 128 * KIB);
  // Windows around the fault overlap what was read before by half.
  for (let n = 1; n < 64; n++) trace.read(512 * MIB + n * 64 * KIB, 128 * KIB);
  assert.equal(trace.windows.streamCount, 1);
  assert.ok(trace.ahead.length >= 1);
  assert.ok((trace.ahead[0]?.offset ?? 0) > 512 * MIB);
});

test("a file read backwards wants nothing ahead", () => {
  const trace = new Trace({ sizeBytes: GIB });
  for (let offset = 64 * MIB; offset >= 0; offset -= 128 * KIB) trace.read(offset, 128 * KIB);
  assert.deepEqual(trace.ahead, []);
});

test("random reads want nothing ahead, neither of a huge file nor of a small one", () => {
  const random = seededRandom("random reads");
  for (const sizeBytes of [32 * GIB, 100 * MIB]) {
    for (const length of [4 * KIB, 16 * KIB]) {
      const trace = new Trace({ sizeBytes });
      for (let n = 0; n < 2000; n++) trace.read(random.below(sizeBytes - length), length);
      assert.deepEqual(trace.ahead, [], `${length} bytes of ${sizeBytes}`);
      assert.ok(trace.windows.streamCount <= READ_STREAMS_PER_INODE);
    }
  }
});

test("scattered reads do not push out a stream that goes on", () => {
  const random = seededRandom("scattered reads beside a stream");
  const trace = new Trace({ sizeBytes: 32 * GIB });
  trace.sequence(0, 4 * MIB, 128 * KIB);
  const before = trace.ahead.length;
  assert.ok(before > 0);
  for (let step = 0; step < 64; step++) {
    for (let n = 0; n < 2 * READ_STREAMS_PER_INODE; n++) trace.read(GIB + random.below(30 * GIB), 4 * KIB, 2);
    trace.read(4 * MIB + step * 128 * KIB, 128 * KIB);
  }
  assert.ok(trace.end >= 12 * MIB, "it is still read ahead of");
  assert.deepEqual(trace.dropped, []);
});

test("a reader may skip forward by up to 16 MiB and back by up to 1 MiB within its stream", () => {
  const trace = new Trace({ sizeBytes: 4 * GIB });
  trace.sequence(0, 4 * MIB, 128 * KIB);
  trace.read(20 * MIB, 128 * KIB);
  trace.read(19.25 * MIB, 128 * KIB);
  assert.equal(trace.windows.streamCount, 1);
  trace.read(40 * MIB, 128 * KIB);
  assert.equal(trace.windows.streamCount, 2);
});

test("what a closed handle was reading towards is dropped, what others read towards is not", () => {
  const trace = new Trace({ sizeBytes: 4 * GIB });
  trace.sequence(0, 4 * MIB, 128 * KIB, 1);
  trace.sequence(0, 4 * MIB, 128 * KIB, 2);
  trace.sequence(GIB, GIB + 4 * MIB, 128 * KIB, 2);
  trace.windows.leave(1);
  assert.deepEqual(trace.dropped, [], "handle 2 reads in the same stream");
  trace.windows.leave(2);
  assert.equal(trace.windows.streamCount, 0);
  assert.equal(trace.budget.usedBytes, 0);
  const inSecond = trace.dropped.filter(({ offset }) => offset >= GIB);
  assert.deepEqual(inSecond, [{ offset: GIB + 4 * MIB, length: trace.end - GIB - 4 * MIB }]);
});

test("a stream's drop spares what another stream's window covers", () => {
  const trace = new Trace({ sizeBytes: 4 * GIB, pieceBytes: 32 * MIB });
  trace.sequence(0, 2 * MIB, 128 * KIB, 1);
  assert.equal(trace.end, 32 * MIB);
  trace.sequence(20 * MIB, 22 * MIB, 128 * KIB, 2);
  assert.equal(trace.windows.streamCount, 2);
  const second = trace.end;
  trace.windows.leave(1);
  assert.deepEqual(trace.dropped, [{ offset: 2 * MIB, length: 20 * MIB }]);
  trace.windows.leave(2);
  assert.deepEqual(trace.dropped[1], { offset: 22 * MIB, length: second - 22 * MIB });
});

test("all windows together never cover more than the budget", () => {
  const budget = new ReadAheadBudget(64 * MIB);
  const traces = Array.from({ length: 20 }, () => new Trace({ sizeBytes: 4 * GIB, budget }));
  for (let step = 0; step < 200; step++) {
    for (const trace of traces) trace.read(step * 128 * KIB, 128 * KIB);
    assert.ok(budget.usedBytes <= 64 * MIB, `step ${step}: ${budget.usedBytes}`);
  }
  assert.ok(traces.filter((trace) => trace.ahead.length > 0).length >= 8, "it is shared");
});

test("a window that nobody reads towards gives way when the budget is spent", () => {
  const budget = new ReadAheadBudget(16 * MIB);
  const paused = new Trace({ sizeBytes: 4 * GIB, budget });
  paused.sequence(0, 40 * MIB, 128 * KIB);
  const held = budget.usedBytes;
  assert.ok(held > 8 * MIB);
  const other = new Trace({ sizeBytes: 4 * GIB, budget });
  other.nowMs = READ_STREAM_IDLE_MS / 2;
  other.sequence(0, 8 * MIB, 128 * KIB);
  assert.deepEqual(paused.dropped, [], "not yet idle");
  other.nowMs = READ_STREAM_IDLE_MS + 1;
  other.sequence(8 * MIB, 40 * MIB, 128 * KIB);
  assert.deepEqual(paused.dropped, [{ offset: 40 * MIB, length: paused.end - 40 * MIB }]);
  assert.ok(other.end >= 44 * MIB);
  // And it gets one again when it goes on.
  paused.nowMs = 3 * READ_STREAM_IDLE_MS;
  const before = paused.ahead.length;
  paused.sequence(40 * MIB, 48 * MIB, 128 * KIB);
  assert.ok(paused.ahead.length > before);
});

test("failed read-ahead is not tried again before its reader has come a piece further", () => {
  const trace = new Trace({ sizeBytes: 4 * GIB });
  trace.sequence(0, 1 * MIB, 128 * KIB);
  let advice: { range: ByteRange } | undefined;
  let offset = 1 * MIB;
  for (; advice === undefined; offset += 128 * KIB) {
    const got = trace.windows.observe(1, { offset, length: 128 * KIB }, 0);
    if (got !== undefined) trace.windows.failed(got.stream);
    advice = got;
  }
  assert.equal(trace.budget.usedBytes, 0);
  const failedAt = offset;
  for (; trace.read(offset, 128 * KIB) === undefined; offset += 128 * KIB);
  assert.equal(offset + 128 * KIB - failedAt, 4 * MIB);
});
