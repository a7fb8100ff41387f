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
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync, type Options } from "@grpc/proto-loader";
import type { ProtoGrpcType as ControlTypes } from "./gen/control.ts";
import type { ProtoGrpcType as DfdaemonTypes } from "./gen/dfdaemon.ts";
import type { ProtoGrpcType as HealthTypes } from "./gen/health.ts";
import type { ProtoGrpcType as ManagerTypes } from "./gen/manager.ts";
import type { ProtoGrpcType as SchedulerTypes } from "./gen/scheduler.ts";

/** Files that hold services, relative to `protoFolder`; what they import is loaded with them. */
export const SERVICE_FILES = [
  "dfdaemon/v2/dfdaemon.proto",
  "grpc/health/v1/health.proto",
  "manager/v2/manager.proto",
  "p2pfs/v1/control.proto",
  "scheduler/v2/scheduler.proto",
] as const;

/** Shape of messages at run time. The generated types hold only as long as scripts/proto-types.sh says the same. */
const LOADER_OPTIONS = {
  keepCase: false,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
} satisfies Options;

/** Absolute path of the folder with the .proto files: `proto` of the package, also when this file runs from dist. */
export const protoFolder: string = findProtoFolder();

type Packages = ControlTypes & DfdaemonTypes & HealthTypes & ManagerTypes & SchedulerTypes;

const packages = loadPackageDefinition(
  loadSync([...SERVICE_FILES], { ...LOADER_OPTIONS, includeDirs: [protoFolder] }),
) as unknown as Packages;

/** What a peer serves to other hosts, over TCP. */
export const DfdaemonUpload: Packages["dfdaemon"]["v2"]["DfdaemonUpload"] =
  packages.dfdaemon.v2.DfdaemonUpload;
/** What a peer serves to programs of its own host, on the Unix socket. */
export const DfdaemonDownload: Packages["dfdaemon"]["v2"]["DfdaemonDownload"] =
  packages.dfdaemon.v2.DfdaemonDownload;
/** p2pfs' own service, on the Unix socket. */
export const Control: Packages["p2pfs"]["v1"]["Control"] = packages.p2pfs.v1.Control;
/** Dragonfly's scheduler. */
export const Scheduler: Packages["scheduler"]["v2"]["Scheduler"] = packages.scheduler.v2.Scheduler;
/** Dragonfly's manager. */
export const Manager: Packages["manager"]["v2"]["Manager"] = packages.manager.v2.Manager;
/** The standard health service of gRPC. */
export const Health: Packages["grpc"]["health"]["v1"]["Health"] = packages.grpc.health.v1.Health;

function findProtoFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    assert.notEqual(dirname(folder), folder, "p2pfs runs from a folder below its package.json");
    folder = dirname(folder);
  }
  return join(folder, "proto");
}
