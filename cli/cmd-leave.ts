/** `p2pfs leave`: takes this host out of its cluster, so that nobody is sent to it any more. Nothing here is deleted. */
import type { Command } from "commander";
import { LEAVE_CALL_MS } from "../base/limits.ts";
import { MemberFiles } from "../daemon/membership/member-files.ts";
import { ask, daemonAnswers } from "./daemon-client.ts";
import { restartDaemon } from "./daemon-restart.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./home.ts";

export function addLeave(program: Command): void {
  const command = program
    .command("leave")
    .description(
      "Takes this host out of its cluster: for good where p2pfs made it, else until the daemon starts anew.",
    )
    .option(
      "--force",
      "also where somebody could not be told, or the cluster is left without its authority",
      false,
    );
  withHomeOptions(command).action(async (flags: HomeOptions & { readonly force: boolean }) => {
    const home = await openHome(flags);
    const files = MemberFiles.of(home.workhome);
    if (flags.force && !(await daemonAnswers(home.socketPath))) {
      const state = await files.state();
      await files.remove();
      process.stdout.write(
        state === undefined
          ? "this host is in no cluster\n"
          : `this host has forgotten the cluster ${state.clusterName}; nobody was told\n`,
      );
      return;
    }
    const client = await connectDaemon(home);
    try {
      const { cluster } = await ask(client.control, "status", {});
      await ask(client.control, "leave", { force: flags.force }, { deadlineMs: LEAVE_CALL_MS });
      // Nothing that the cluster gave it is served any more.
      if (cluster?.membership) await restartDaemon(home);
      const left = cluster?.source
        ? `${cluster.hostId} has left the cluster of ${cluster.source}`
        : "this host is in no cluster";
      process.stdout.write(`${left}\n`);
    } finally {
      client.close();
    }
  });
}
