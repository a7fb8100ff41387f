/**
 * The services p2pfs speaks, as grpc-js clients and service definitions, loaded once from the .proto files beside this
 * one. Message types are in proto/gen, written by scripts/proto-types.sh with the same options. This file opens no
 * connection, and knows neither addresses nor credentials.
 *
 * Each export is a client class, made with `new DfdaemonDownload(address, credentials, options)` and closed by its
 * maker, whose `service` is what a server adds: `server.addService(Control.service, handlers)`. In messages, field names
 * are camelCase, 64-bit integers numbers, enums their names (an unknown one its number); a field without explicit
 * presence is always there when received, an `optional` one only if it was sent, and a message not sent is null.
 */
import type { ProtoGrpcType as ClusterTypes } from "./gen/cluster.ts";
import type { ProtoGrpcType as ManagerTypes } from "./gen/manager.ts";
import type { ProtoGrpcType as PiecesTypes } from "./gen/pieces.ts";
import type { ProtoGrpcType as SchedulerTypes } from "./gen/scheduler.ts";
import { LOCAL_SERVICE_FILES } from "./local.ts";
import { clientOf, loadFiles } from "./service-clients.ts";

export { Control, DfdaemonDownload, DfdaemonUpload, Health } from "./local.ts";
export { protoFolder } from "./service-clients.ts";

/** Files that hold the services of a cluster. */
const CLUSTER_SERVICE_FILES = [
  "manager/v2/manager.proto",
  "scheduler/v2/scheduler.proto",
  "p2pfs/v1/pieces.proto",
  "p2pfs/v1/cluster.proto",
] as const;

/** Files that hold services, relative to `protoFolder`; what they import is loaded with them. */
export const SERVICE_FILES = [...LOCAL_SERVICE_FILES, ...CLUSTER_SERVICE_FILES] as const;

type Packages = ManagerTypes & SchedulerTypes & ClusterTypes & PiecesTypes;

loadFiles(CLUSTER_SERVICE_FILES);

/** Dragonfly's scheduler. */
export const Scheduler: Packages["scheduler"]["v2"]["Scheduler"] = clientOf("scheduler.v2.Scheduler");
/** Dragonfly's manager. */
export const Manager: Packages["manager"]["v2"]["Manager"] = clientOf("manager.v2.Manager");
/** What hosts of p2pfs serve to each other, over TCP. */
export const Pieces: Packages["p2pfs"]["v1"]["Pieces"] = clientOf("p2pfs.v1.Pieces");
/** What the host that made a cluster of our own serves: to hosts with a token, and to those with a certificate. */
export const ClusterEntrance: Packages["p2pfs"]["v1"]["ClusterEntrance"] =
  clientOf("p2pfs.v1.ClusterEntrance");
export const Cluster: Packages["p2pfs"]["v1"]["Cluster"] = clientOf("p2pfs.v1.Cluster");
