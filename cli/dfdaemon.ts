#!/usr/bin/env -S UV_THREADPOOL_SIZE=16 MALLOC_ARENA_MAX=2 node
/**
 * dfdaemon: the daemon in the foreground. Started without the environment that Node and libc read at their start (by
 * `node dfdaemon.js`), it starts itself anew with it and stands in between.
 */
import { runCommand } from "./failure.ts";
import { isLaunched } from "./launch.ts";

await runCommand("dfdaemon", async () => {
  const entry = isLaunched(process.env) ? import("./dfdaemon-command.ts") : import("./dfdaemon-relay.ts");
  await (await entry).run(process.argv.slice(2));
});
