/**
 * Runs a short command beside this process, with an end. Never synchronously: the command may have to ask the very
 * mount that this process serves.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Clock } from "../../base/clock.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { fuseDescriptors } from "./fuse-descriptors.ts";

/** Where the tools lie on any Unix, NixOS included; messages are wanted in English. */
const ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/wrappers/bin",
  LC_ALL: "C",
};

/** Bytes of output that are kept. */
const OUTPUT_BYTES_MAX = 4096;

export interface CommandResult {
  /** Exit status; undefined when it was killed at the deadline. */
  readonly status: number | undefined;
  /** The beginning of stdout and stderr together. */
  readonly output: string;
}

/**
 * @returns undefined when there is no such command
 * @throws P2pfsError when it cannot be started
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { clock: Clock; deadlineMs: number },
): Promise<CommandResult | undefined> {
  return new Promise((resolve, reject) => {
    const child = start(command, args);
    let output = "";
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString("utf8")).slice(0, OUTPUT_BYTES_MAX);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const timer = options.clock.schedule(options.deadlineMs, () => {
      abandon(child);
      resolve({ status: undefined, output });
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      timer.cancel();
      if (error.code === "ENOENT") resolve(undefined);
      else reject(fromUnknown(error, `cannot run ${command}`));
    });
    child.once("close", (status, signal) => {
      timer.cancel();
      resolve({ status: status ?? (signal === null ? 0 : 1), output });
    });
  });
}

/**
 * libfuse opens /dev/fuse without O_CLOEXEC. A child that had it and waited for the mount would keep the connection alive
 * after our death, and so wait for ever: in the child those descriptors are /dev/null.
 */
function start(command: string, args: readonly string[]): ChildProcess {
  const inherited = fuseDescriptors();
  const nothing = openSync("/dev/null", "r");
  try {
    const last = Math.max(2, ...inherited);
    const stdio = Array.from({ length: last + 1 }, (_, fd) => {
      if (fd === 1 || fd === 2) return "pipe";
      // For a number above 2, "ignore" leaves the child what it inherits.
      return inherited.has(fd) ? nothing : "ignore";
    });
    return spawn(command, args, { env: ENVIRONMENT, stdio, cwd: "/" });
  } finally {
    closeSync(nothing);
  }
}

/** One that waits for a hung mount cannot die before the mount does; it must not keep this process either. */
function abandon(child: ChildProcess): void {
  child.kill("SIGKILL");
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}
