/** What the parts of the disk storage share. Types only. */
import type { FileHandle } from "node:fs/promises";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { BitsFile } from "./bits-file.ts";
import type { DiskMarks } from "./disk-marks.ts";
import type { DiskRoom } from "./disk-room.ts";
import type { Holes } from "./holes.ts";
import type { Metadata } from "./metadata.ts";
import type { Reserve } from "./reserve.ts";
import type { SerialByKey } from "./serial-by-key.ts";
import type { StoragePaths } from "./storage-folder.ts";
import type { TaskContent } from "./task-content.ts";
import type { TaskEntry } from "./task-entry.ts";
import type { TaskTable } from "./task-table.ts";

/** A task that somebody has open. */
export interface OpenedTask {
  readonly content: TaskContent;
  readonly marks: DiskMarks;
  readonly file: FileHandle;
  readonly bits: BitsFile;
}

export interface DiskParts {
  readonly paths: StoragePaths;
  readonly clock: Clock;
  readonly log: Logger;
  /** This boot of the machine. */
  readonly bootId: string;
  readonly metadata: Metadata;
  readonly table: TaskTable;
  readonly room: DiskRoom;
  readonly reserve: Reserve;
  readonly holes: Holes;
  /** By task id: create, open, last close and delete take turns. */
  readonly serial: SerialByKey;
  readonly opened: Map<TaskEntry, OpenedTask>;
}
