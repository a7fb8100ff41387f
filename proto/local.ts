/**
 * The services of the daemon's Unix socket alone, as grpc-js clients and service definitions: what commands load, whose
 * start would be late by the time the rest takes to read. The rest is load.ts, which has these too. Opens no connection.
 */
import type { ProtoGrpcType as ControlTypes } from "./gen/control.ts";
import type { ProtoGrpcType as DfdaemonTypes } from "./gen/dfdaemon.ts";
import type { ProtoGrpcType as HealthTypes } from "./gen/health.ts";
import { clientOf, loadFiles } from "./service-clients.ts";

/** Files that hold the local services, relative to `protoFolder`; what they import is loaded with them. */
export const LOCAL_SERVICE_FILES = [
  "dfdaemon/v2/dfdaemon.proto",
  "grpc/health/v1/health.proto",
  "p2pfs/v1/control.proto",
] as const;

type Packages = ControlTypes & DfdaemonTypes & HealthTypes;

loadFiles(LOCAL_SERVICE_FILES);

/** What a peer serves to other hosts, over TCP. */
export const DfdaemonUpload: Packages["dfdaemon"]["v2"]["DfdaemonUpload"] = clientOf(
  "dfdaemon.v2.DfdaemonUpload",
);
/** What a peer serves to programs of its own host, on the Unix socket. */
export const DfdaemonDownload: Packages["dfdaemon"]["v2"]["DfdaemonDownload"] = clientOf(
  "dfdaemon.v2.DfdaemonDownload",
);
/** p2pfs' own service, on the Unix socket. */
export const Control: Packages["p2pfs"]["v1"]["Control"] = clientOf("p2pfs.v1.Control");
/** The standard health service of gRPC. */
export const Health: Packages["grpc"]["health"]["v1"]["Health"] = clientOf("grpc.health.v1.Health");
