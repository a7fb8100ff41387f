/** Looks at a mount from another process, because the process that serves a mount must never wait for it. */
import type { Clock } from "../../base/clock.ts";
import { MOUNT_READY_MS } from "../../base/limits.ts";
import { runCommand } from "./child-command.ts";

/**
 * What a look at a path found: it answers, it is gone ("Transport endpoint is not connected", or the root itself has an I/O
 * error, which is how a holder answers that has no daemon any more), it failed otherwise, or it hangs.
 */
export type ProbeResult = "answers" | "disconnected" | "fails" | "hangs";

const SCRIPT = `
const fs = require("node:fs");
try {
  fs.readdirSync(process.argv[1]);
  fs.statfsSync(process.argv[1]);
} catch (error) {
  process.stdout.write(error.syscall + " " + error.code);
  process.exitCode = 1;
}`;

/** Lists the path, which no kernel remembers, and asks statfs(2), in a process of its own. */
export async function probe(
  path: string,
  options: { clock: Clock; deadlineMs?: number },
): Promise<ProbeResult> {
  const { clock, deadlineMs = MOUNT_READY_MS } = options;
  const result = await runCommand(process.execPath, ["-e", SCRIPT, path], { clock, deadlineMs });
  if (result?.status === 0) return "answers";
  if (result !== undefined && result.status === undefined) return "hangs";
  return /ENOTCONN|ENXIO|ECONNABORTED|^scandir EIO/.test(result?.output ?? "") ? "disconnected" : "fails";
}
