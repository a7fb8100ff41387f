/** Stands between whoever ran dfdaemon and the process that is it: passes signals on, ends as it ends. */
import { constants } from "node:os";
import { UnavailableError } from "../base/errors.ts";
import { launchDaemon } from "./launch.ts";

const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Resolves when the daemon has ended; the exit status is the daemon's. */
export function run(args: readonly string[]): Promise<void> {
  // The fourth is closed by the kernel when this process is killed, and tells the daemon to end too.
  const daemon = launchDaemon([...args, "--end-with-fd", "3"], {
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    detached: false,
  });
  for (const signal of PASSED_ON) process.on(signal, () => daemon.kill(signal));
  return new Promise((resolve, reject) => {
    daemon.once("error", (error) =>
      reject(new UnavailableError(`the daemon cannot be started: ${error.message}`, { cause: error })),
    );
    daemon.once("exit", (code, signal) => {
      for (const name of PASSED_ON) process.removeAllListeners(name);
      process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
      resolve();
    });
  });
}
