/** `p2pfs stop`: ends the running daemon in order, and waits until it is gone. */
import type { Command } from "commander";
import { DeadlineError } from "../base/errors.ts";
import { DAEMON_STOP_MS } from "../base/limits.ts";
import { livingProcess } from "../base/process-life.ts";
import { ask } from "./daemon-client.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./home.ts";

export function addStop(program: Command): void {
  const command = program.command("stop").description("Unmounts everything and ends the daemon.");
  withHomeOptions(command).action(async (flags: HomeOptions) => {
    const client = await connectDaemon(await openHome(flags));
    try {
      const { pid } = await ask(client.control, "status", {});
      const daemon = await livingProcess(pid);
      await ask(client.control, "stop", {});
      if (daemon !== undefined) await untilGone(pid, daemon);
    } finally {
      client.close();
    }
  });
}

async function untilGone(pid: number, daemon: string): Promise<void> {
  const until = Date.now() + DAEMON_STOP_MS;
  while ((await livingProcess(pid)) === daemon) {
    if (Date.now() > until)
      throw new DeadlineError(`the daemon (pid ${pid}) did not end within ${DAEMON_STOP_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
