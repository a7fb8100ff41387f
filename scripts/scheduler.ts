/** The embedded scheduler by itself on an address, for the lab: `node dist/scripts/scheduler.js 10.0.0.1:8002`. Ends on a signal. */
import { systemClock } from "../base/clock.ts";
import { createLogger } from "../base/logger.ts";
import { parseHostPort } from "../daemon/rpc/endpoint.ts";
import { EmbeddedScheduler } from "../daemon/scheduler/embedded/embedded-scheduler.ts";
import { SchedulerServer } from "../daemon/server/scheduler-server.ts";

const { host, port } = parseHostPort(process.argv[2] ?? "127.0.0.1:8002");
const log = createLogger({ level: "info" });
const scheduler = await EmbeddedScheduler.open({ clock: systemClock, random: Math.random, log });
const server = new SchedulerServer({ scheduler, clock: systemClock, log });
process.stdout.write(`the scheduler listens on ${host}:${await server.listen(host, port)}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    void server
      .close()
      .then(() => scheduler.close())
      .then(() => process.exit(0));
  });
