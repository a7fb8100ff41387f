/** Starts a fetch from whoever was chosen to give it. */
import type { FetchPlan } from "../piece/want-list.ts";
import type { SourceRequest } from "../source/source.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { FetchEvents } from "./arrivals.ts";
import { type Fetch, fetchBlocks } from "./fetch.ts";
import { fetchPiece } from "./fetch-piece.ts";
import type { TaskEnvironment } from "./task-environment.ts";
import type { Giver } from "./task-parents.ts";

/** Somebody who gives bytes now. */
export type PresentGiver = Exclude<Giver, { kind: "wait" }>;

export interface FetchSpec {
  readonly stored: StoredTask;
  readonly request: SourceRequest;
  readonly plan: FetchPlan;
  readonly ranges: boolean;
  /** See RoomRequest. */
  readonly atOnceBytes: number;
}

/** The source is asked for the blocks of the plan; a parent, for the whole piece they lie in. */
export function beginFetch(
  giver: PresentGiver,
  spec: FetchSpec,
  env: Pick<TaskEnvironment, "clock" | "room" | "sourceOf" | "parents">,
  events: FetchEvents,
  signal: AbortSignal,
): Fetch {
  const { clock, room, sourceOf, parents } = env;
  if (giver.kind === "source" || parents === undefined)
    return fetchBlocks({ ...spec, sourceOf, clock, room }, events, signal);
  const { stored, plan, atOnceBytes } = spec;
  const { parent, place } = giver;
  const { transport } = parents;
  return fetchPiece({ stored, plan, parent, place, transport, clock, room, atOnceBytes }, events, signal);
}
