/** `p2pfs stop`: ends the running daemon in order, and waits until it is gone. */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { DeadlineError } from "../base/errors.ts";
import { DAEMON_STOP_MS } from "../base/limits.ts";
import { ask } from "./daemon-client.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./home.ts";

export function addStop(program: Command): void {
  const command = program.command("stop").description("Unmounts everything and ends the daemon.");
  withHomeOptions(command).action(async (flags: HomeOptions) => {
    const client = await connectDaemon(await openHome(flags));
    try {
      const { pid } = await ask(client.control, "status", {});
      await ask(client.control, "stop", {});
      await untilGone(pid);
    } finally {
      client.close();
    }
  });
}

async function untilGone(pid: number): Promise<void> {
  const until = Date.now() + DAEMON_STOP_MS;
  while (await isAlive(pid)) {
    if (Date.now() > until)
      throw new DeadlineError(`the daemon (pid ${pid}) did not end within ${DAEMON_STOP_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  // Ended, but nobody has asked for its status yet: in containers whose first process does not.
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return !/^State:\s+[ZX]/m.test(status);
}
