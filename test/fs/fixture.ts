/** A filesystem over an in-memory source, with a clock that moves by hand. Everything is closed with the test. */
import { readSync } from "node:fs";
import type { TestContext } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { Filesystem, type FilesystemOptions } from "../../fs/filesystem.ts";
import { type InodeNumber, ROOT_INODE } from "../../fs/inode-table.ts";
import { MemoryContentSource } from "../../fs/memory-content-source.ts";
import type { ReadPlan } from "../../fs/opened-file.ts";
import type { VersionPolicy } from "../../fs/version-choice.ts";

export const MIB = 1024 * 1024;

/** One line of a log that is kept. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines. */
export class KeptLog implements Logger {
  readonly lines: LogLine[] = [];
  debug(fields: object, event: string): void {
    this.#keep("debug", fields, event);
  }
  info(fields: object, event: string): void {
    this.#keep("info", fields, event);
  }
  warn(fields: object, event: string): void {
    this.#keep("warn", fields, event);
  }
  error(fields: object, event: string): void {
    this.#keep("error", fields, event);
  }
  child(): Logger {
    return this;
  }
  #keep(level: LogLine["level"], fields: object, event: string): void {
    this.lines.push({ level, event, fields: { ...fields } });
  }
}

export interface Fixture {
  readonly source: MemoryContentSource;
  readonly clock: FakeClock;
  readonly log: KeptLog;
  readonly filesystem: Filesystem;
  /** Walks a path by lookups, which stay counted. */
  find(path: string): Promise<InodeNumber>;
  open(path: string): Promise<number>;
}

export interface FixtureOptions {
  readonly versions?: VersionPolicy;
  readonly ownership?: FilesystemOptions["ownership"];
  readonly limits?: FilesystemOptions["limits"];
  readonly pieceBytes?: number;
  readonly budget?: FilesystemOptions["budget"];
  readonly guarded?: FilesystemOptions["guarded"];
}

export async function makeFilesystem(t: TestContext, options: FixtureOptions = {}): Promise<Fixture> {
  const source = await MemoryContentSource.create(
    options.pieceBytes === undefined ? {} : { pieceBytes: options.pieceBytes },
  );
  const clock = new FakeClock();
  const log = new KeptLog();
  const filesystem = new Filesystem({
    source,
    clock,
    logger: log,
    ownership: options.ownership ?? { defaultUid: 501, defaultGid: 502 },
    versions: options.versions ?? "side-by-side",
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.budget === undefined ? {} : { budget: options.budget }),
    ...(options.guarded === undefined ? {} : { guarded: options.guarded }),
  });
  t.after(async () => {
    await filesystem.close();
    await source.close();
  });
  const find = async (path: string) => {
    let inode: InodeNumber = ROOT_INODE;
    for (const name of path.split("/").filter(Boolean)) inode = (await filesystem.lookup(inode, name)).inode;
    return inode;
  };
  const open = async (path: string) => filesystem.open(await find(path), { write: false });
  return { source, clock, log, filesystem, find, open };
}

/** Reads what a plan says, as a binding does. */
export function take(plan: ReadPlan): Buffer {
  const bytes = Buffer.alloc(plan.length);
  if (plan.bytes !== undefined) bytes.set(plan.bytes);
  else if (readSync(plan.fd, bytes, 0, plan.length, plan.offset) !== plan.length)
    throw new RangeError("the content file is too short");
  plan.end();
  return bytes;
}

/** Lets promises that can go on do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
