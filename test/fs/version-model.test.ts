/** The model of versions against the filesystem without a kernel, under both policies. */
import { test } from "node:test";
import { P2pfsError } from "../../base/errors.ts";
import { patternContent } from "../../fs/memory-file.ts";
import { seededRandom } from "../base/seeded-random.ts";
import { makeFilesystem, take } from "./fixture.ts";
import { VersionModel } from "./version-model.ts";

for (const versions of ["side-by-side", "pinned"] as const) {
  test(`random reads and updates never mix versions (${versions})`, async (t) => {
    const random = seededRandom(`versions ${versions}`);
    const { source, filesystem, find } = await makeFilesystem(t, { versions });
    const open = async (path: string): Promise<number> => {
      try {
        return await filesystem.open(await find(path), { write: false });
      } catch (error) {
        // As the kernel does: once more, from the name on.
        if (!(error instanceof P2pfsError && error.code === "STALE")) throw error;
        return filesystem.open(await find(path), { write: false });
      }
    };
    const model = new VersionModel(
      {
        open,
        read: async (handle, offset, length) => take(await filesystem.read(handle, { offset, length })),
        size: async (handle) => filesystem.fgetattr(handle).sizeBytes,
        close: async (handle) => {
          filesystem.flush(handle);
          filesystem.release(handle);
        },
        add: async (path, size, seed) => void source.addFile(path, patternContent(size, seed)),
        update: async (path, size, seed, present) =>
          source.file(path).update(patternContent(size, seed), { present }),
        isGone: (error) => error instanceof P2pfsError && error.errno === "ESTALE",
      },
      random,
    );
    await model.run(600);
  });
}
