/** Takes a mount away with the system's own commands, as root or as the user who mounted. */
import type { Clock } from "../../base/clock.ts";
import { DeadlineError, P2pfsError, PermissionError } from "../../base/errors.ts";
import { UNMOUNT_MS } from "../../base/limits.ts";
import { readMountTable } from "../../base/mount-table.ts";
import type { UnmountOptions } from "./binding.ts";
import { runCommand } from "./child-command.ts";

type Command = readonly [command: string, ...args: string[]];

/**
 * The commands to try, in order; the next is for machines that lack the one before. None of them looks at the mount:
 * umount gets the path as the mount table has it, and must not canonicalise it (-c).
 */
export function unmountCommands(
  directory: string,
  options: UnmountOptions,
  machine: { platform: NodeJS.Platform; isRoot: boolean },
): Command[] {
  const lazy = options.lazy === true || options.force === true;
  if (machine.platform === "darwin") return [["umount", ...(lazy ? ["-f"] : []), directory]];
  const fusermount = lazy ? ["-u", "-z", directory] : ["-u", directory];
  const helpers: Command[] = [
    ["fusermount3", ...fusermount],
    ["fusermount", ...fusermount],
  ];
  if (!machine.isRoot) return helpers;
  const umount = ["-c", "-i", ...(options.force === true ? ["-f"] : []), ...(lazy ? ["-l"] : []), directory];
  return [["umount", ...umount], ...helpers];
}

/**
 * Unmounts what is on top at `directory`, and is content when nothing is.
 * @throws P2pfsError BUSY, NOT_SUPPORTED when no command is there, PermissionError, DeadlineError
 */
export async function unmountDirectory(
  directory: string,
  options: UnmountOptions & { readonly clock: Clock },
): Promise<void> {
  const machine = { platform: process.platform, isRoot: process.getuid?.() === 0 };
  for (const [command, ...args] of unmountCommands(directory, options, machine)) {
    const result = await runCommand(command, args, { clock: options.clock, deadlineMs: UNMOUNT_MS });
    if (result === undefined) continue;
    if (result.status === undefined)
      throw new DeadlineError(`unmounting ${directory} did not end within ${UNMOUNT_MS / 1000} s`);
    if (result.status === 0 || !(await isMounted(directory))) return;
    throw failureOf(directory, result.output);
  }
  throw new P2pfsError(
    "NOT_SUPPORTED",
    "there is neither fusermount3 nor umount to unmount with; install Debian's package fuse3",
  );
}

function failureOf(directory: string, output: string): P2pfsError {
  const details = { output: output.trim() };
  if (/busy/i.test(output))
    return new P2pfsError("BUSY", `${directory} is in use and cannot be unmounted`, { details });
  if (/permission|not permitted|superuser|not allowed/i.test(output))
    return new PermissionError(`this user may not unmount ${directory}`, { details }, "NOT_PERMITTED");
  return new P2pfsError("IO", `unmounting ${directory} failed: ${output.trim()}`, { details });
}

/** True when something is mounted at the directory; elsewhere than on Linux nobody can tell, and it is taken for so. */
async function isMounted(directory: string): Promise<boolean> {
  const table = await readMountTable();
  return table.length === 0 || table.some((entry) => entry.directory === directory);
}
