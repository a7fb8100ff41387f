/**
 * What `dfdaemon` is at first: the holder of the mounts, which starts the daemon itself as its child, passes signals on and
 * ends as it ends.
 */
import { systemClock } from "../base/clock.ts";
import { createLogger } from "../base/logger.ts";
import { Holder } from "../holder/holder.ts";
import { HOLDER_OPTION } from "../holder/messages.ts";
import { loadNativeAddon, NativeAddon } from "../native/linux/addon.ts";
import { launchDaemon } from "./launch.ts";

const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Any long time, ms. */
const STAYING_MS = 1_000_000_000;

/** Resolves when the daemon has ended for good; the exit status is the daemon's. */
export async function run(args: readonly string[]): Promise<void> {
  const addon = loadNativeAddon();
  const holder = new Holder({
    addon: addon instanceof NativeAddon ? addon : undefined,
    clock: systemClock,
    log: createLogger({ level: "info", fields: { holder: process.pid } }),
    launch: (fds, descriptors, entry) =>
      launchDaemon([...args, HOLDER_OPTION, fds.join(",")], {
        // A process group of its own: signals of a terminal reach it through us alone.
        stdio: ["inherit", "inherit", "inherit", "pipe", ...(descriptors === undefined ? [] : [descriptors])],
        detached: true,
        ...(entry === undefined ? {} : { entry }),
      }),
    report,
  });
  // No filesystem is kept busy by a holder, least of all its own; arguments are read by the daemon.
  for (const signal of PASSED_ON) process.on(signal, () => holder.signal(signal));
  // While no daemon lives there is nothing else that would keep the process.
  const staying = setInterval(() => {}, STAYING_MS);
  holder.start();
  process.exitCode = await holder.ended;
  clearInterval(staying);
  for (const signal of PASSED_ON) process.removeAllListeners(signal);
  // Native parts may still hold the loop; everything of ours is closed.
  process.exit();
}

/** Tells the command that started us, if one waits. */
function report(message: Readonly<Record<string, unknown>>): void {
  if (process.send === undefined || !process.connected) return;
  process.send(message, () => {
    if (process.connected) process.disconnect();
  });
}
