/** The last step of a content: all its pieces are in, and what belongs to it is checked against the whole. */
import { IntegrityError } from "../../base/errors.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { TaskEnvironment } from "./task-environment.ts";

/**
 * Notes the content as complete. @throws IntegrityError when it has not a digest that belongs to it: all of it is
 * discarded then
 */
export async function completeContent(
  stored: StoredTask,
  { clock, digestOf }: Pick<TaskEnvironment, "clock" | "digestOf">,
): Promise<void> {
  const { anchors } = stored.record;
  for (const anchor of anchors) {
    const algorithm = anchor.slice(0, anchor.indexOf(":"));
    const actual = await digestOf(stored, algorithm);
    if (actual === anchor) continue;
    stored.update({ failedAtMs: clock.nowMs() });
    await stored.discard(0, stored.record.contentLength);
    throw new IntegrityError(`the content's digest is ${actual}, not ${anchor}`);
  }
  stored.update({ finishedAtMs: clock.nowMs(), verified: anchors.length > 0 ? "anchored" : "transport" });
}
