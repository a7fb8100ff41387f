/** Has the daemon begin anew with what has changed on its disk, without unmounting: starts one where none runs. */
import { DeadlineError, P2pfsError } from "../base/errors.ts";
import { DAEMON_STOP_MS } from "../base/limits.ts";
import { livingProcess } from "../base/process-life.ts";
import { ask, type DaemonClient, daemonAnswers } from "./daemon-client.ts";
import { connectDaemon, connectOrStartDaemon } from "./daemon-start.ts";
import type { Home } from "./home.ts";
import { takeOver } from "./takeover.ts";

/** @throws P2pfsError when the running one cannot give way, or the new one does not serve */
export async function restartDaemon(home: Home): Promise<void> {
  if (!(await daemonAnswers(home.socketPath))) {
    (await connectOrStartDaemon(home, "told")).close();
    return;
  }
  const client = await connectDaemon(home);
  try {
    const running = await ask(client.control, "status", {});
    const bound = running.mounts.find(({ binding }) => binding !== "native");
    if (bound !== undefined)
      throw new P2pfsError(
        "BUSY",
        `${bound.directory} is mounted through ${bound.binding}, which ends with its daemon; unmount it first`,
      );
    if (running.mounts.length > 0) return await takeOver(home, running);
    await stopDaemon(client);
  } finally {
    client.close();
  }
  (await connectOrStartDaemon(home, "told")).close();
}

/** Ends the daemon in order; resolves when it is gone. @throws DeadlineError */
export async function stopDaemon(client: DaemonClient): Promise<void> {
  const { pid } = await ask(client.control, "status", {});
  const daemon = await livingProcess(pid);
  await ask(client.control, "stop", {});
  if (daemon === undefined) return;
  const until = Date.now() + DAEMON_STOP_MS;
  while ((await livingProcess(pid)) === daemon) {
    if (Date.now() > until)
      throw new DeadlineError(`the daemon (pid ${pid}) did not end within ${DAEMON_STOP_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
