#!/usr/bin/env node
/** p2pfs: mounts remote files. One file per command; this one only lists them. */
import { Command } from "commander";
import { VERSION } from "../base/version.ts";
import { addCluster } from "./cmd-cluster.ts";
import { addDoctor } from "./cmd-doctor.ts";
import { addLeave } from "./cmd-leave.ts";
import { addLink } from "./cmd-link.ts";
import { addMount } from "./cmd-mount.ts";
import { addStatus } from "./cmd-status.ts";
import { addStop } from "./cmd-stop.ts";
import { addUmount } from "./cmd-umount.ts";
import { plainUsageErrors, runCommand } from "./failure.ts";
import { withoutHelperForm } from "./mount-options.ts";

const program = new Command("p2pfs")
  .description("Mounts remote files as a directory.")
  .version(`p2pfs ${VERSION}`, "-V, --version");
for (const add of [addMount, addUmount, addStatus, addLink, addCluster, addLeave, addStop, addDoctor])
  add(program);

await runCommand("p2pfs", async () => {
  const commands = new Set(["help", ...program.commands.map((command) => command.name())]);
  const args = withoutHelperForm(process.argv.slice(2), commands);
  await plainUsageErrors(program).parseAsync(args, { from: "user" });
});
