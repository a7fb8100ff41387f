/** Disk storages in folders of their own, and ways to take them down and bring them up again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { silentLogger } from "../../../base/logger.ts";
import { DiskStorage, type DiskStorageOptions } from "../../../daemon/storage/disk-storage.ts";
import type { Storage } from "../../../daemon/storage/storage.ts";

export interface DiskFixture {
  readonly dir: string;
  readonly clock: FakeClock;
  storage: DiskStorage;
  /** Closes the storage and opens it again, with these options changed. */
  reopen(changes?: Partial<DiskStorageOptions>): Promise<DiskStorage>;
}

const fixtures = new Map<Storage, DiskFixture>();

/** A temporary folder that is removed after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-disk-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A storage in a new folder; closed and removed after the test. */
export async function diskFixture(
  t: TestContext,
  options: Partial<DiskStorageOptions> = {},
): Promise<DiskFixture> {
  const dir = options.dir ?? join(temporaryFolder(t), "storage");
  const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
  let current: DiskStorageOptions = { log: silentLogger, ...options, dir, clock };
  const fixture: DiskFixture = {
    dir,
    clock,
    storage: await DiskStorage.open(current),
    async reopen(changes = {}) {
      await fixture.storage.close();
      fixtures.delete(fixture.storage);
      current = { ...current, ...changes };
      fixture.storage = await DiskStorage.open(current);
      fixtures.set(fixture.storage, fixture);
      return fixture.storage;
    },
  };
  fixtures.set(fixture.storage, fixture);
  t.after(() => fixture.storage.close());
  return fixture;
}

/** Takes a storage down and brings it up again in its folder. */
diskFixture.restart = (storage: Storage): Promise<Storage> => {
  const fixture = fixtures.get(storage);
  if (fixture === undefined) throw new RangeError("not a storage of this file");
  return fixture.reopen();
};
