/** The model of versions against a real mount: the kernel's page cache and libfuse are part of it. */
import { constants, type FileHandle, open } from "node:fs/promises";
import { test } from "node:test";
import { seededRandom } from "../base/seeded-random.ts";
import { VersionModel } from "../fs/version-model.ts";
import { errnoName } from "../suites/mount/under-test.ts";
import { cannotMount } from "../suites/mount-suite.ts";
import { serveMount } from "./served.ts";

const ROUNDS = 2;
const STEPS = 1500;

for (let round = 1; round <= ROUNDS; round++) {
  test(`random reads and updates through fuse-native never mix versions (${round})`, {
    skip: cannotMount(),
  }, async (t) => {
    const random = seededRandom(`versions through a mount, round ${round}`);
    const served = await serveMount(t, { binding: "fuse-native" });
    const handles = new Map<number, FileHandle>();
    t.after(() => Promise.allSettled([...handles.values()].map((handle) => handle.close())));
    const handleOf = (number: number): FileHandle => {
      const handle = handles.get(number);
      if (handle === undefined) throw new RangeError(`${number} is not open`);
      return handle;
    };
    let opened = 0;
    const model = new VersionModel(
      {
        open: async (path) => {
          const flags = random.below(4) === 0 ? constants.O_DIRECT : 0;
          const handle = await open(served.path(path), constants.O_RDONLY | flags);
          handles.set(++opened, handle);
          return opened;
        },
        read: async (number, offset, length) => {
          const buffer = Buffer.alloc(length);
          const { bytesRead } = await handleOf(number).read(buffer, 0, length, offset);
          return buffer.subarray(0, bytesRead);
        },
        size: async (number) => (await handleOf(number).stat()).size,
        close: async (number) => {
          const handle = handleOf(number);
          handles.delete(number);
          // A handle that the kernel gave up cannot be flushed any more.
          await handle.close().catch(() => undefined);
        },
        add: (path, size, seed) => served.tell("addFile", path, size, seed),
        update: (path, size, seed, present) => served.tell("update", path, size, seed, { present }),
        isGone: (error) => ["ESTALE", "EIO"].includes(errnoName(error as NodeJS.ErrnoException)),
      },
      random,
    );
    await model.run(STEPS);
  });
}
