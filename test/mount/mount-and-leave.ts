/** Mounts at argv[2], unmounts again, and does nothing to end: the process must end by itself. Run by fuse-native.test.ts. */
import { systemClock } from "../../base/clock.ts";
import { silentLogger } from "../../base/logger.ts";
import { fuseNativeBinding } from "../../fs/bindings/fuse-native/binding.ts";
import { Filesystem } from "../../fs/filesystem.ts";
import { MemoryContentSource } from "../../fs/memory-content-source.ts";

const source = await MemoryContentSource.create();
const binding = fuseNativeBinding({ clock: systemClock });
for (let round = 0; round < 2; round++) {
  const filesystem = new Filesystem({
    source,
    clock: systemClock,
    logger: silentLogger,
    ownership: { defaultUid: 0, defaultGid: 0 },
    versions: binding.versions,
  });
  const session = await binding.mount(filesystem, { directory: process.argv[2] ?? "" });
  await session.unmount();
  await filesystem.close();
}
await source.close();
console.log("done");
