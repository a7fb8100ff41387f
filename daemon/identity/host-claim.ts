/**
 * One daemon per host id on a machine: two that announced the same id would be one host to the schedulers, at two ports. The
 * claim is a name in the kernel's abstract namespace of sockets (unix(7)), which is gone with its process, however that ends,
 * and is as wide as the addresses are: a network namespace.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { P2pfsError } from "../../base/errors.ts";
import { fromUnknown } from "../../base/node-errors.ts";

/** A claim; closing it lets another daemon have the id. Idempotent. */
export interface HostClaim {
  close(): Promise<void>;
}

/** @throws P2pfsError BUSY when another daemon of this machine has the id */
export async function claimHost(hostId: string): Promise<HostClaim> {
  // Other systems have no such names; there nothing is claimed.
  if (process.platform !== "linux") return { close: async () => {} };
  // Longer ids would not fit.
  const name = `\0p2pfs-host-${createHash("sha256").update(hostId).digest("hex").slice(0, 32)}`;
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(claimFailure(error, hostId)));
    server.listen(name, resolve);
  });
  server.unref();
  let closing: Promise<void> | undefined;
  return {
    close() {
      closing ??= new Promise((resolve) => server.close(() => resolve()));
      return closing;
    },
  };
}

function claimFailure(error: unknown, hostId: string): P2pfsError {
  const failure = fromUnknown(error, `cannot claim the host id ${hostId}`);
  if (failure.code !== "BUSY") return failure;
  return new P2pfsError(
    "BUSY",
    `another daemon of this machine is already ${hostId} to the cluster; give this one a host.hostname of its own`,
    { cause: error },
  );
}
