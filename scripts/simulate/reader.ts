/** A program that reads a file of the mount in order, as fast as its host's link is: the mount's own windows ask ahead of it. */
import { sleep } from "../../base/deadline.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { type ByteRange, ReadAheadBudget, ReadWindows } from "../../fs/read-window.ts";
import type { SimTask } from "./sim-task.ts";

/** Reads all of it, and notes how long it waited for bytes. */
export async function readInOrder(task: SimTask): Promise<void> {
  const { host } = task;
  const { clock, settings } = host.world;
  const { fileBytes, pieceBytes, grainBytes } = settings;
  const opening = await task.open();
  // The windows are in the model's bytes, what is wanted in the engine's.
  const ofEngine = ({ offset, length }: ByteRange) => {
    const first = Math.floor(offset / grainBytes);
    const end = Math.ceil((offset + length) / grainBytes);
    return { offset: first * BLOCK_BYTES, length: (end - first) * BLOCK_BYTES };
  };
  const windows = new ReadWindows({
    sizeBytes: fileBytes,
    pieceBytes,
    budget: new ReadAheadBudget(),
    drop: (range) => opening.unwant(ofEngine(range)),
  });
  const readAhead = (range: ByteRange) => {
    const advice = windows.observe(0, range, clock.monotonicMs());
    if (advice === undefined) return;
    opening.want(ofEngine(advice.range), "read-ahead").catch(() => windows.failed(advice.stream));
  };
  task.stalledMs = 0;
  try {
    for (let offset = 0; offset < fileBytes; offset += grainBytes) {
      const range = { offset, length: Math.min(grainBytes, fileBytes - offset) };
      const askedMs = clock.nowMs();
      // A blocked reader comes before what is read ahead of it.
      const wanted = opening.want(ofEngine(range), "demand");
      readAhead(range);
      await wanted;
      task.stalledMs += clock.nowMs() - askedMs;
      await sleep(clock, (range.length * 8000) / host.rate);
    }
  } finally {
    await opening.close();
  }
}
