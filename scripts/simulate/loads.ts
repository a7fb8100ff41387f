/** What hosts do with a file: copy it, as dfget does. */
import type { SimTask } from "./sim-task.ts";

/** All of it, in whatever order the engine likes. */
export async function copyOf(task: SimTask): Promise<void> {
  const opening = await task.open();
  try {
    await opening.finish("copy");
  } finally {
    await opening.close();
  }
}

/**
 * All of it, those pieces first that the fewest parents have told of, the first behind this host's own beginning among equals: a
 * few are wanted at a time, so that the engine has no choice.
 */
export async function rarestFirst(task: SimTask): Promise<void> {
  const { host, content } = task;
  const { settings, random } = host.world;
  const count = content.pieces.length;
  const { pieceLength: length } = content.record;
  const begin = Math.floor(random() * count);
  const wanted = new Set<number>();
  const opening = await task.open();
  const next = () => {
    let best: number | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < count && fewest > 1; step += 1) {
      const piece = (begin + step) % count;
      const holders = task.holdersOf(piece);
      if (holders === 0 || holders >= fewest || wanted.has(piece)) continue;
      best = piece;
      fewest = holders;
    }
    return best;
  };
  const want = async (piece: number) => {
    wanted.add(piece);
    await opening.want({ offset: piece * length, length }, "copy");
  };
  // Somebody has to be asked before anybody tells of anything.
  let running = 0;
  await new Promise<void>((resolve, reject) => {
    const fill = () => {
      while (running < 2 * settings.fetchesMax && wanted.size < count) {
        const piece = next() ?? (running === 0 ? firstOther(wanted, begin, count) : undefined);
        if (piece === undefined) return;
        running += 1;
        want(piece).then(() => {
          running -= 1;
          if (wanted.size === count && running === 0) resolve();
          else fill();
        }, reject);
      }
    };
    task.onHeard = fill;
    fill();
  });
  await opening.finish("copy");
  await opening.close();
}

function firstOther(wanted: ReadonlySet<number>, begin: number, count: number): number | undefined {
  for (let step = 0; step < count; step += 1) {
    const piece = (begin + step) % count;
    if (!wanted.has(piece)) return piece;
  }
  return undefined;
}
