/** `p2pfs stop`: ends the running daemon in order, and waits until it is gone. */
import type { Command } from "commander";
import { stopDaemon } from "./daemon-restart.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./home.ts";

export function addStop(program: Command): void {
  const command = program.command("stop").description("Unmounts everything and ends the daemon.");
  withHomeOptions(command).action(async (flags: HomeOptions) => {
    const client = await connectDaemon(await openHome(flags));
    try {
      await stopDaemon(client);
    } finally {
      client.close();
    }
  });
}
