#!/usr/bin/env node
/**
 * dfdaemon: the daemon in the foreground. First the holder of its mounts, which starts the same program anew as the daemon
 * itself, with the environment that Node and libc read at their start.
 */
import { runCommand } from "./failure.ts";
import { isHeld } from "./launch.ts";

await runCommand("dfdaemon", async () => {
  const args = process.argv.slice(2);
  const entry = isHeld(args) ? import("./dfdaemon-command.ts") : import("./dfdaemon-holder.ts");
  await (await entry).run(args);
});
