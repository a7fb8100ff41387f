/** What the extended attributes `user.p2p.*` tell of a task: from what is known here; no origin is asked. */
import { loggableUrl } from "../../base/logger.ts";
import type { EngineApi, OpenTask } from "../engine/open-task.ts";
import type { SourceStat } from "../source/source.ts";
import { pieceLengthFor } from "../task/piece-length.ts";

export interface TaskFacts {
  readonly id: string;
  /** May hold secrets; shown without them. */
  readonly url: string;
  /** The origin's last answer, when there is one. */
  readonly stat: SourceStat | undefined;
  /** Openings of the task through the mount. */
  readonly open: readonly OpenTask[];
}

/** State of a file: nothing of it is here, some, or all. */
export type FileState = "remote" | "partial" | "complete";

export async function taskXattrs(engine: EngineApi, facts: TaskFacts): Promise<ReadonlyMap<string, string>> {
  const record = engine.record(facts.id);
  const pieces = await progressOf(engine, facts);
  const complete = record?.finishedAtMs !== undefined;
  const state: FileState = complete ? "complete" : pieces.finished > 0 ? "partial" : "remote";
  const parents = new Set(facts.open.flatMap((task) => [...task.places.keys()]));
  parents.delete("source");
  const digest = record?.anchors[0] ?? facts.stat?.digests[0];
  const revision = record?.etag ?? facts.stat?.validator.etag;
  return new Map([
    ["user.p2p.task_id", facts.id],
    ["user.p2p.url", loggableUrl(facts.url)],
    ["user.p2p.pieces", `${pieces.finished}/${pieces.total}`],
    ["user.p2p.complete", String(complete)],
    ["user.p2p.bytes_from_peers", String(record?.bytesFromPeers ?? 0)],
    ["user.p2p.bytes_from_source", String(record?.bytesFromSource ?? 0)],
    ["user.p2p.parents", [...parents].sort().join(",")],
    ["user.p2p.verified", record?.verified ?? "none"],
    ["user.p2p.state", state],
    ...(digest === undefined ? [] : [["user.p2p.digest", digest] as const]),
    ...(revision === undefined ? [] : [["user.p2p.revision", revision] as const]),
  ]);
}

async function progressOf(engine: EngineApi, facts: TaskFacts): Promise<{ finished: number; total: number }> {
  const record = engine.record(facts.id);
  if (record === undefined) {
    const length = facts.stat?.length ?? 0;
    return { finished: 0, total: Math.ceil(length / pieceLengthFor(length)) };
  }
  const progress = engine.progress(facts.id);
  if (progress !== undefined) return progress;
  // Known but not open: its bits are on the disk.
  const total = Math.ceil(record.contentLength / record.pieceLength);
  // What may not be opened is nothing to its readers.
  const task = await engine.openKnown(facts.id).catch(() => undefined);
  if (task === undefined) return { finished: 0, total };
  const finished = task.piecesFinished;
  await task.close();
  return { finished, total };
}
