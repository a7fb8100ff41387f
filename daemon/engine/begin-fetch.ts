/** Starts a fetch from whoever was chosen to give it. */
import type { Destination } from "../../base/destination.ts";
import { ChangedError, IntegrityError } from "../../base/errors.ts";
import type { FetchPlan } from "../piece/want-list.ts";
import type { SourceRequest } from "../source/source.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { FetchEvents } from "./arrivals.ts";
import { type Fetch, fetchBlocks } from "./fetch.ts";
import { fetchPiece } from "./fetch-piece.ts";
import type { Giver } from "./giver.ts";
import type { TaskEnvironment } from "./task-environment.ts";

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

type FetchEnvironment = Pick<TaskEnvironment, "clock" | "room" | "sourceOf" | "parents">;

/** The source and a seed are asked for the blocks of the plan; a parent, for the whole piece they lie in. */
export function beginFetch(
  giver: PresentGiver,
  spec: FetchSpec,
  env: FetchEnvironment,
  events: FetchEvents,
  signal: AbortSignal,
): Fetch {
  const { clock, room, parents } = env;
  const { stored, plan, atOnceBytes } = spec;
  if (giver.kind === "parent" && parents !== undefined) {
    const { parent, place, hearing } = giver;
    const { transport } = parents;
    const piece = { stored, plan, parent, place, hearing, transport, clock, room, atOnceBytes };
    return fetchPiece(piece, events, signal);
  }
  const from = giver.kind === "seed" ? fromSeed(giver, spec, env) : fromSource(spec, env);
  return fetchBlocks({ ...spec, ...from, clock, room }, events, signal);
}

/** Who a plan's bytes come from, block by block. */
export function placeOf(giver: PresentGiver): string {
  if (giver.kind === "source") return "source";
  return giver.kind === "seed" ? giver.seed.hostId : giver.parent.peerId;
}

function fromSource({ stored, request, ranges }: FetchSpec, { sourceOf }: FetchEnvironment) {
  const { contentLength, etag, lastModified } = stored.record;
  return {
    place: "source",
    read: async (into: Destination, signal: AbortSignal) =>
      sourceOf(request.url).read(
        {
          ...request,
          into,
          contentLength,
          validator: {
            ...(etag === undefined ? {} : { etag }),
            ...(lastModified === undefined ? {} : { lastModified }),
            length: contentLength,
          },
          ranges,
        },
        signal,
      ),
    differs: () => new ChangedError("the origin sends other bytes than before for the same version"),
  };
}

function fromSeed(
  { seed, content }: Extract<Giver, { kind: "seed" }>,
  { plan: { priority } }: FetchSpec,
  { parents }: FetchEnvironment,
) {
  return {
    place: seed.hostId,
    seed,
    read: async (into: Destination, signal: AbortSignal) =>
      parents?.seeds?.read(seed, { content, priority, into }, signal),
    differs: () => new IntegrityError(`the seed ${seed.hostId} has other bytes than those that are here`),
  };
}
