/** Disk storages in folders of their own, ways to take them down and bring them up again, and hands that alter their files. */
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "../../../base/clock.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { DiskStorage, type DiskStorageOptions } from "../../../daemon/storage/disk-storage.ts";
import type { Storage } from "../../../daemon/storage/storage.ts";

export interface DiskFixture {
  readonly dir: string;
  readonly clock: FakeClock;
  storage: DiskStorage;
  /** Closes the storage and opens it again, with these options changed. */
  reopen(changes?: Partial<DiskStorageOptions>): Promise<DiskStorage>;
  /** Closes the storage. */
  stop(): Promise<void>;
  /**
   * The folder as kill -9 would leave it now: a copy of every file as the page cache has it. Nothing may be about to be written.
   * Opened with `diskFixture(t, {dir})`.
   */
  crashImage(): string;
  contentPath(id: string): string;
  bitsPath(id: string): string;
}

const fixtures = new Map<Storage, DiskFixture>();

/** A test, or what else ends. */
export interface Ends {
  after(ending: () => Promise<void>): void;
}

const endings = new WeakMap<Ends, (() => unknown)[]>();

/** Runs at the test's end, what was registered last the first: node:test does it the other way round. */
export function atEnd(t: Ends, ending: () => unknown): void {
  const known = endings.get(t);
  if (known !== undefined) return void known.push(ending);
  const all = [ending];
  endings.set(t, all);
  t.after(async () => {
    for (let next = all.pop(); next !== undefined; next = all.pop()) await next();
  });
}

/** A temporary folder that is removed after the test. */
export function temporaryFolder(t: Ends): string {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-disk-"));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A storage in a new folder, on boot "boot-1"; closed and removed after the test. */
export async function diskFixture(t: Ends, options: Partial<DiskStorageOptions> = {}): Promise<DiskFixture> {
  const dir = options.dir ?? join(temporaryFolder(t), "storage");
  const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
  let current: DiskStorageOptions = { log: silentLogger, bootId: "boot-1", ...options, dir, clock };
  const contentPath = (id: string) => join(dir, "content/tasks", id.slice(0, 3), id);
  const fixture: DiskFixture = {
    dir,
    clock,
    storage: await DiskStorage.open(current),
    async stop() {
      await fixture.storage.close();
      fixtures.delete(fixture.storage);
    },
    async reopen(changes = {}) {
      await fixture.stop();
      current = { ...current, ...changes };
      fixture.storage = await DiskStorage.open(current);
      fixtures.set(fixture.storage, fixture);
      return fixture.storage;
    },
    crashImage() {
      const image = join(temporaryFolder(t), "storage");
      cpSync(dir, image, { recursive: true });
      return image;
    },
    contentPath,
    bitsPath: (id) => `${contentPath(id)}.bits`,
  };
  fixtures.set(fixture.storage, fixture);
  atEnd(t, () => fixture.storage.close());
  return fixture;
}

/** Takes a storage down and brings it up again in its folder. */
diskFixture.restart = (storage: Storage): Promise<Storage> => {
  const fixture = fixtures.get(storage);
  if (fixture === undefined) throw new RangeError("not a storage of this file");
  return fixture.reopen();
};

/** Where a task's content lies in a storage's folder. */
export function contentPathIn(dir: string, id: string): string {
  return join(dir, "content/tasks", id.slice(0, 3), id);
}

/** Alters one byte of a block in a stored content file, as a disk that lost a write would. */
export function spoilBlock(dir: string, id: string, block: number): void {
  const fd = openSync(contentPathIn(dir, id), "r+");
  writeSync(fd, Buffer.from([0x17]), 0, 1, block * BLOCK_BYTES + 77);
  closeSync(fd);
}

/** Alters a file by hand. */
export function alterFile(path: string, change: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(path);
  writeFileSync(path, change(bytes) ?? bytes);
}
