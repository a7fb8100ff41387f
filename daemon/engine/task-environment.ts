/** What an open task is given and tells: its surroundings as one object, made by the engine. Types only. */
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { SourceOf } from "../source/source.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { Announcements } from "../transport/announcements.ts";
import type { ParentLoads } from "../transport/parent-loads.ts";
import type { Seeds } from "../transport/seeds.ts";
import type { Transport } from "../transport/transport.ts";
import type { Witnesses } from "../transport/witnesses.ts";
import type { FetchSlots } from "./fetch-slots.ts";
import type { RoomClaims } from "./room-claims.ts";
import type { EngineTask } from "./task.ts";

/** The ways to other peers. */
export interface ParentAccess {
  /** What they say they have. */
  readonly announcements: Announcements;
  /** How their pieces come. */
  readonly transport: Transport;
  /** How busy they are; default: as the scheduler says. */
  readonly loads?: ParentLoads;
  /** Who gets single blocks from the source for everybody; default: each host for itself. A seed peer asks no other. */
  readonly seeds?: Seeds;
  /** What others say a parent's pieces should be; default: nobody is asked. */
  readonly witnesses?: Witnesses;
  /** This host is one: nobody is likelier to have what a reader waits for. Default false. */
  readonly isSeed?: boolean;
}

/**
 * What is demanded of a piece that a peer gave. "best": what others say counts where they say something; "agreed": the source is
 * asked where nobody says the same; "transport": nobody is asked.
 */
export type Integrity = "best" | "agreed" | "transport";

/** What a task needs of its surroundings. One object, made by the engine. */
export interface TaskEnvironment {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly sourceOf: SourceOf;
  readonly scheduler: Scheduler;
  /** How parents are heard and asked; undefined: there are none. */
  readonly parents: ParentAccess | undefined;
  /** mount.integrity as far as it is about peers. */
  readonly integrity: Integrity;
  readonly slots: FetchSlots;
  readonly room: RoomClaims;
  /** Longest wait of a demand read, ms. */
  readonly readDeadlineMs: number;
  /** Attempts at a stretch beyond the first. */
  readonly retries: number;
  /** Fetches of one task at once, demand aside. */
  readonly fetchesMax: number;
  /** Whether the storage may take so many bytes more; when not, tries to make room. */
  readonly makeRoom: (bytes: number) => Promise<boolean>;
  readonly peerId: () => string;
  /** Digest of the whole content file, "algorithm:hex", computed off the main thread. */
  readonly digestOf: (stored: StoredTask, algorithm: string, signal?: AbortSignal) => Promise<string>;
  /** The origin was found to hold another version. */
  readonly onChanged: (task: EngineTask) => void;
  /** Nobody holds the task and nothing runs: it may be closed. */
  readonly onIdle: (task: EngineTask) => void;
}

/** What a caller of `want` is: its interest is taken back with it. */
export interface Owner {
  readonly disableBackToSource: boolean;
}
