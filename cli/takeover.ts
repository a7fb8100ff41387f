/**
 * A newer build takes the mounts of a running daemon over without unmounting: it writes down which program is to go on, and
 * asks the daemon by a signal, which only the daemon's own user and root can send. The daemon leaves its mounts to the
 * holder, which starts that program. Nothing of this goes over the socket, where others may talk to the daemon too.
 */
import { lstat, readFile, rm, writeFile } from "node:fs/promises";
import { DeadlineError, NotFoundError, PermissionError } from "../base/errors.ts";
import { SUCCESSION_LOOK_MS, SUCCESSION_MS } from "../base/limits.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { ask, DaemonClient } from "./daemon-client.ts";
import type { Home } from "./home.ts";
import { DAEMON_ENTRY } from "./launch.ts";

/** Asks a daemon to leave its mounts to a successor. */
export const SUCCESSION_SIGNAL = "SIGUSR2";

/** Whether `version` is newer than `other`; both like "1.20.3", what follows a hyphen is not looked at. */
export function isNewer(version: string, other: string): boolean {
  const numbers = (text: string) => (text.split("-")[0] ?? "").split(".").map(Number);
  const [ours, theirs] = [numbers(version), numbers(other)];
  for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
    const [our = 0, their = 0] = [ours[at], theirs[at]];
    if (our !== their) return our > their;
  }
  return false;
}

function successorPath(socketPath: string): string {
  return `${socketPath}.successor`;
}

/**
 * Has this build's daemon go on in place of the running one; resolves when it serves.
 * @throws PermissionError when the daemon is another user's, DeadlineError when no successor serves in time
 */
export async function takeOver(home: Home, running: { pid: number }): Promise<void> {
  const path = successorPath(home.socketPath);
  await writeFile(path, DAEMON_ENTRY, { mode: 0o600 }).catch((error) => {
    throw fromUnknown(error, `cannot write ${path}`);
  });
  try {
    process.kill(running.pid, SUCCESSION_SIGNAL);
    await untilSucceeded(home, running.pid);
  } catch (error) {
    const failure = fromUnknown(error);
    if (failure.code === "NOT_PERMITTED")
      throw new PermissionError(`the running daemon (pid ${running.pid}) is another user's`, {
        cause: error,
      });
    throw failure;
  } finally {
    await rm(path, { force: true });
  }
}

async function untilSucceeded(home: Home, pid: number): Promise<void> {
  const untilMs = Date.now() + SUCCESSION_MS;
  while (Date.now() < untilMs) {
    const client = new DaemonClient(home.socketPath);
    const status = await ask(client.control, "status", {})
      // It is gone, and its successor not there yet.
      .catch(() => undefined)
      .finally(() => client.close());
    if (status !== undefined && status.pid !== pid) return;
    await new Promise((resolve) => setTimeout(resolve, SUCCESSION_LOOK_MS));
  }
  throw new DeadlineError(`the daemon (pid ${pid}) was asked to give way, but no successor serves`);
}

/**
 * The program that is to go on in place of this daemon, as its own user or root wrote it down.
 * @throws NotFoundError, PermissionError when somebody else wrote it
 */
export async function successorOf(socketPath: string): Promise<string> {
  const path = successorPath(socketPath);
  try {
    const { uid } = await lstat(path);
    if (uid !== 0 && uid !== process.getuid?.())
      throw new PermissionError(`${path} was written by another user (uid ${uid})`);
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    const failure = fromUnknown(error, `cannot read ${path}`);
    if (failure.code === "NOT_FOUND") throw new NotFoundError("nobody said which program is to go on");
    throw failure;
  }
}
