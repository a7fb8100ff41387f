/**
 * The machine as identity.ts wants to know it. A dfdaemon of Dragonfly's is known by its socket, which only it has at that
 * place: a port that is taken could be anybody's, and our own daemon's ports are the same by default. Only for a dfdaemon whose
 * socket was moved its two ports are asked too: the upload port for its service, and whether somebody takes pieces' requests.
 */
import { connect } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { credentials } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { DRAGONFLY_PROBE_MS } from "../../base/limits.ts";
import { somebodyAnswers } from "../../base/socket-probe.ts";
import { asksServing } from "../rpc/health-check.ts";
import { OWN_HEALTH_NAME } from "../rpc/own-health.ts";
import { isLinkLocal, type MachineAddress, type MachineFacts } from "./identity.ts";

/** Where Dragonfly's dfdaemon serves unless it is told otherwise. */
export interface DragonflyPlaces {
  readonly socketPath: string;
  readonly uploadPort: number;
  readonly piecePort: number;
}

const DRAGONFLY_PLACES: DragonflyPlaces = {
  socketPath: "/var/run/dragonfly/dfdaemon.sock",
  uploadPort: 4000,
  piecePort: 4005,
};

/** The service whose health Dragonfly's dfdaemon tells by name. */
const UPLOAD_SERVICE = "dfdaemon.v2.DfdaemonUpload";

/** @param places default Dragonfly's own */
export async function machineFacts(clock: Clock, places = DRAGONFLY_PLACES): Promise<MachineFacts> {
  return {
    hostname: hostname(),
    addresses: machineAddresses(),
    dragonflyServes: await dragonflyServes(clock, places),
  };
}

/** All addresses of the machine's interfaces. */
export function machineAddresses(): readonly MachineAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([device, found]) =>
    (found ?? []).map(({ address, internal }) => ({ address, internal, device })),
  );
}

/** Those that other hosts may reach it at. */
export function reachableAddresses(): readonly string[] {
  return machineAddresses().flatMap(({ address, internal }) =>
    internal || isLinkLocal(address) ? [] : [address],
  );
}

async function dragonflyServes(clock: Clock, places: DragonflyPlaces): Promise<boolean> {
  if (await somebodyAnswers(places.socketPath)) return true;
  const [upload, pieces] = await Promise.all([
    takesConnections(places.uploadPort),
    takesConnections(places.piecePort),
  ]);
  if (!upload || !pieces) return false;
  const address = `127.0.0.1:${places.uploadPort}`;
  const options = { clock, what: `whoever serves ${address}`, afterMs: DRAGONFLY_PROBE_MS };
  const plain = credentials.createInsecure();
  const [dragonfly, own] = await Promise.all([
    asksServing(address, plain, options, UPLOAD_SERVICE),
    asksServing(address, plain, options, OWN_HEALTH_NAME),
  ]);
  return dragonfly && !own;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.setTimeout(DRAGONFLY_PROBE_MS);
    const settle = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });
}
