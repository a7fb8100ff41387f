/** The ways in which an nginx can be down: it refuses, it takes requests and says nothing, it answers 503. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type NginxOrigin, startNginx } from "../../origin/nginx.ts";
import type { Outage } from "./versions.ts";

/** Process ids of the server's workers: those of the master's only thread. */
function workersOf(origin: NginxOrigin): number[] {
  const master = readFileSync(join(dirname(origin.root), "pid"), "utf8").trim();
  const children = readFileSync(`/proc/${master}/task/${master}/children`, "utf8").trim();
  return children.split(" ").map(Number);
}

const refused: Outage = {
  name: "origin refusing",
  async begin(origin) {
    await origin.halt();
    return () => origin.resume();
  },
};

/** Stopped workers: the kernel still accepts connections for them. */
const silent: Outage = {
  name: "origin silent",
  async begin(origin) {
    const workers = workersOf(origin);
    for (const pid of workers) process.kill(pid, "SIGSTOP");
    return async () => {
      for (const pid of workers) process.kill(pid, "SIGCONT");
    };
  },
};

const failing: Outage = {
  name: "origin answering 503",
  async begin(origin) {
    await origin.halt();
    const other = await startNginx({ port: origin.port, everywhere: 503 });
    return async () => {
      await other.stop();
      await origin.resume();
    };
  },
};

export const OUTAGES: readonly Outage[] = [refused, silent, failing];
