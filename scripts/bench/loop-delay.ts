/** The delay of a daemon's event loop, from its own metrics: the one thing that cannot be seen from outside. */
import type { DaemonProcess } from "../../test/system/daemon.ts";

/** p99.9 since the last scrape, ms; undefined where the daemon does not tell. */
export async function loopDelayMs(daemon: DaemonProcess): Promise<number | undefined> {
  const line = /^p2pfs_\w*loop_delay\w*_(seconds|milliseconds)\{[^}]*quantile="0\.999"[^}]*\}\s+(\S+)/m;
  const [, unit, value] = line.exec(await daemon.metrics()) ?? [];
  if (value === undefined) return undefined;
  return Number(value) * (unit === "seconds" ? 1000 : 1);
}
