/** The paths of a daemon's own, none of which may lie in a mount of p2pfs: the daemon would wait for itself. */
import { type Config, configuredPaths } from "./config/config.ts";
import type { WorkhomePaths } from "./config/workhome.ts";
import { refuseUnderOwnMount } from "./own-mounts.ts";

/** @throws InvalidInputError that names the first which lies in one */
export async function refuseOwnPathsInMounts(config: Config, workhome: WorkhomePaths): Promise<void> {
  const paths = [
    ...configuredPaths(config),
    { key: "the workhome", path: workhome.home },
    { key: "the log", path: workhome.logDir },
  ];
  for (const { key, path } of paths) await refuseUnderOwnMount(key, path);
}
