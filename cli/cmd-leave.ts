/** `p2pfs leave`: takes this host out of its cluster, so that nobody is sent to it any more. Nothing here is deleted. */
import type { Command } from "commander";
import { ask } from "./daemon-client.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./home.ts";

export function addLeave(program: Command): void {
  const command = program
    .command("leave")
    .description("Takes this host out of its cluster until the daemon starts anew.");
  withHomeOptions(command).action(async (flags: HomeOptions) => {
    const client = await connectDaemon(await openHome(flags));
    try {
      const { cluster } = await ask(client.control, "status", {});
      await ask(client.control, "leave", {});
      const left = cluster?.source
        ? `${cluster.hostId} has left the cluster of ${cluster.source}`
        : "this host is in no cluster";
      process.stdout.write(`${left}\n`);
    } finally {
      client.close();
    }
  });
}
