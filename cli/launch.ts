/**
 * How the daemon's process is started: with the environment that Node and libc read before the first line of ours runs.
 * Starts processes; knows nothing of what the daemon does.
 */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LAUNCHED_THREADS } from "../base/limits.ts";

/** Set in the environment of a process that was launched as it should be. */
export const LAUNCH_VARIABLES: Readonly<Record<string, string>> = {
  // libuv's pool serves files, DNS and level alike, and is sized when first used: before an ES module can set anything.
  UV_THREADPOOL_SIZE: String(LAUNCHED_THREADS),
  // glibc otherwise keeps an arena per thread, each with its own free memory.
  MALLOC_ARENA_MAX: "2",
};

/** The daemon's entry, as built. */
const DAEMON_ENTRY = fileURLToPath(new URL("./dfdaemon.js", import.meta.url));

/** Whether this process has what a daemon's process needs. */
export function isLaunched(environment: NodeJS.ProcessEnv): boolean {
  return environment.UV_THREADPOOL_SIZE !== undefined;
}

/** Starts dfdaemon with arguments. It leaves the working directory by itself once it has read them. */
export function launchDaemon(
  args: readonly string[],
  options: { readonly stdio: StdioOptions; readonly detached: boolean },
): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, DAEMON_ENTRY, ...args], {
    env: { ...LAUNCH_VARIABLES, ...process.env },
    stdio: options.stdio,
    detached: options.detached,
  });
}
