/**
 * How the daemon's process is started: with the environment that Node and libc read before the first line of ours runs.
 * Starts processes; knows nothing of what the daemon does.
 */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LAUNCHED_THREADS } from "../base/limits.ts";
import { HOLDER_OPTION } from "../holder/messages.ts";

/** Set in the environment of a process that was launched as it should be. */
const LAUNCH_VARIABLES: Readonly<Record<string, string>> = {
  // libuv's pool serves files, DNS and level alike, and is sized when first used: before an ES module can set anything.
  UV_THREADPOOL_SIZE: String(LAUNCHED_THREADS),
  // glibc otherwise keeps an arena per thread, each with its own free memory.
  MALLOC_ARENA_MAX: "2",
};

/** The daemon's entry, as built. */
export const DAEMON_ENTRY = fileURLToPath(new URL("./dfdaemon.js", import.meta.url));

/** Whether these arguments are the daemon's own: those that a holder started it with, or a question for its help or version. */
export function isHeld(args: readonly string[]): boolean {
  return [HOLDER_OPTION, "--help", "-h", "--version", "-V"].some((option) => args.includes(option));
}

/**
 * Starts dfdaemon with arguments: the holder, or the daemon itself where they say so. It leaves the working directory by
 * itself once it has read them.
 * @param options.entry default: this build's
 */
export function launchDaemon(
  args: readonly string[],
  options: { readonly stdio: StdioOptions; readonly detached: boolean; readonly entry?: string },
): ChildProcess {
  const { entry = DAEMON_ENTRY } = options;
  return spawn(process.execPath, [...process.execArgv, entry, ...args], {
    env: { ...LAUNCH_VARIABLES, ...process.env },
    stdio: options.stdio,
    detached: options.detached,
  });
}
