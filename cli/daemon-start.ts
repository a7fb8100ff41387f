/**
 * Finds the daemon of a workhome, or starts one that stays when the command has ended. A socket that answers is the only
 * proof of a daemon; a pid file proves nothing.
 */
import type { ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { InvalidInputError, P2pfsError } from "../base/errors.ts";
import { makeFolder } from "../base/folder.ts";
import { BUSY_DAEMON_MS, DAEMON_RETURN_LOOK_MS, DAEMON_START_MS } from "../base/limits.ts";
import { fromUnknown } from "../base/node-errors.ts";
import type { Until } from "../daemon/lifetime.ts";
import { schedulerListName } from "../daemon/manager/list-name.ts";
import { holderIsPresent } from "../holder/presence.ts";
import { ask, DaemonClient, daemonAnswers } from "./daemon-client.ts";
import type { Home, HomeOptions } from "./home.ts";
import { launchDaemon } from "./launch.ts";

/** What a started daemon says on its channel once: that it serves, or why it does not. */
export type StartReport =
  | { readonly ready: true }
  | { readonly ready: false; readonly code: string; readonly message: string };

/**
 * The running daemon. @throws P2pfsError UNAVAILABLE when none answers, FAILED_PRECONDITION when its config is another
 */
export async function connectDaemon(home: Home): Promise<DaemonClient> {
  if (await daemonAnswers(home.socketPath)) return checkedConfig(home);
  throw new P2pfsError("UNAVAILABLE", `no daemon answers on ${home.socketPath}`);
}

/**
 * The running daemon, or a new one that ends by itself as `until` says.
 * @throws P2pfsError why the new one does not serve
 */
export async function connectOrStartDaemon(home: Home, until: Until): Promise<DaemonClient> {
  if (!(await daemonAnswers(home.socketPath)) && !(await daemonReturns(home)))
    await startDetached(home, until);
  return checkedConfig(home);
}

/** Whether a daemon that died comes back while its holder lives: waits for it. */
async function daemonReturns(home: Home): Promise<boolean> {
  const untilMs = Date.now() + DAEMON_START_MS;
  while (Date.now() < untilMs && (await holderIsPresent(home.holderPath))) {
    if (await daemonAnswers(home.socketPath)) return true;
    await new Promise((resolve) => setTimeout(resolve, DAEMON_RETURN_LOOK_MS));
  }
  return false;
}

/** A --config and the --scheduler that were given must be those the daemon runs with. */
async function checkedConfig(home: Home): Promise<DaemonClient> {
  const client = new DaemonClient(home.socketPath);
  const { config, scheduler } = home.options;
  if (config === undefined && scheduler === undefined) return client;
  try {
    const [{ digest }, running] = await Promise.all([home.loaded(), ask(client.control, "status", {})]);
    if (config !== undefined && running.configDigest !== digest) throw otherConfig(config, running.pid);
    const source = running.cluster?.source ?? "";
    if (scheduler !== undefined && source !== schedulerListName(scheduler))
      throw otherCluster(scheduler, source, running.pid);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

function otherConfig(config: string, pid: number): P2pfsError {
  return new P2pfsError(
    "FAILED_PRECONDITION",
    `the running daemon (pid ${pid}) has another configuration than ${config}; stop it first`,
  );
}

function otherCluster(scheduler: readonly string[], source: string, pid: number): P2pfsError {
  const cluster = source === "" ? "in no cluster" : `in the cluster of ${source}`;
  return new P2pfsError(
    "FAILED_PRECONDITION",
    `the running daemon (pid ${pid}) is ${cluster}, not in that of ${scheduler.join(", ")}; stop it first`,
  );
}

/** The arguments by which a daemon has the same home as this command, whatever its working directory. */
function homeArguments({ workhome, config, scheduler = [] }: HomeOptions): string[] {
  return [
    ...(workhome === undefined ? [] : ["--workhome", resolve(workhome)]),
    ...(config === undefined ? [] : ["--config", resolve(config)]),
    ...scheduler.flatMap((address) => ["--scheduler", address]),
  ];
}

async function startDetached(home: Home, until: Until): Promise<void> {
  // Told here, in full, before anything is made for a daemon that would refuse it.
  await home.loaded();
  const untilMs = Date.now() + DAEMON_START_MS;
  for (;;) {
    const report = await launchDetached(home, until);
    if (report.ready) return;
    // Another command was quicker, and its daemon serves both; or the last daemon is still putting its storage away.
    const passing = report.code === "BUSY" && Date.now() < untilMs;
    if (passing && (await daemonAnswers(home.socketPath, BUSY_DAEMON_MS))) return;
    if (passing) continue;
    throw report.code === "INVALID_CONFIG"
      ? new InvalidInputError(report.message, {}, "INVALID_CONFIG")
      : new P2pfsError("FAILED_PRECONDITION", report.message);
  }
}

async function launchDetached(home: Home, until: Until): Promise<StartReport> {
  const { logDir } = home.workhome;
  await makeFolder(logDir).catch((error) => {
    throw fromUnknown(error, `cannot make ${logDir}`);
  });
  const stderrPath = join(logDir, "dfdaemon.stderr");
  const stderr = openSync(stderrPath, "w", 0o600);
  try {
    const daemon = launchDaemon([...homeArguments(home.options), "--until", until, "--detached"], {
      stdio: ["ignore", "ignore", stderr, "ipc"],
      detached: true,
    });
    return await firstReport(daemon, stderrPath);
  } finally {
    closeSync(stderr);
  }
}

function firstReport(daemon: ChildProcess, stderrPath: string): Promise<StartReport> {
  return new Promise((resolve) => {
    const settle = (report: StartReport) => {
      clearTimeout(timer);
      daemon.removeAllListeners();
      if (daemon.connected) daemon.disconnect();
      daemon.unref();
      resolve(report);
    };
    const failed = (message: string) => settle({ ready: false, code: "UNAVAILABLE", message });
    const timer = setTimeout(
      () => failed(`the daemon was started but did not serve within ${DAEMON_START_MS / 1000} s`),
      DAEMON_START_MS,
    );
    daemon.once("message", (message) => settle(message as StartReport));
    daemon.once("error", (error) => failed(`the daemon cannot be started: ${error.message}`));
    daemon.once("exit", (code, signal) =>
      failed(`the daemon ended with ${signal ?? `status ${code}`} before it served; see ${stderrPath}`),
    );
  });
}
