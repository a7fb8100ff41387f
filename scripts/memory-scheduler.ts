/** A scheduler in memory on an address, for the lab: `node dist/scripts/memory-scheduler.js 10.0.0.1:8002`. Ends on a signal. */
import { parseHostPort } from "../daemon/rpc/endpoint.ts";
import { MemorySchedulerServer } from "../daemon/scheduler/memory-server.ts";

const { host, port } = parseHostPort(process.argv[2] ?? "127.0.0.1:8002");
const scheduler = await MemorySchedulerServer.start({ ip: host, port });
process.stdout.write(`the scheduler listens on ${host}:${scheduler.port}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void scheduler.close().then(() => process.exit(0)));
