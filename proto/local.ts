/**
 * The services of the daemon's Unix socket alone, as grpc-js clients and service definitions: what commands load, whose
 * start would be late by the time the rest takes to read. The rest is load.ts, which has these too. Opens no connection.
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

/** Files that hold the local services, relative to `protoFolder`; what they import is loaded with them. */
export const LOCAL_SERVICE_FILES = [
  "dfdaemon/v2/dfdaemon.proto",
  "grpc/health/v1/health.proto",
  "p2pfs/v1/control.proto",
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

/** The packages of some of the files. @param files relative to `protoFolder` */
export function loadPackages<Packages>(files: readonly string[]): Packages {
  const loaded = loadSync([...files], { ...LOADER_OPTIONS, includeDirs: [protoFolder] });
  return loadPackageDefinition(loaded) as unknown as Packages;
}

type Packages = ControlTypes & DfdaemonTypes & HealthTypes;

const packages = loadPackages<Packages>(LOCAL_SERVICE_FILES);

/** What a peer serves to other hosts, over TCP. */
export const DfdaemonUpload: Packages["dfdaemon"]["v2"]["DfdaemonUpload"] =
  packages.dfdaemon.v2.DfdaemonUpload;
/** What a peer serves to programs of its own host, on the Unix socket. */
export const DfdaemonDownload: Packages["dfdaemon"]["v2"]["DfdaemonDownload"] =
  packages.dfdaemon.v2.DfdaemonDownload;
/** p2pfs' own service, on the Unix socket. */
export const Control: Packages["p2pfs"]["v1"]["Control"] = packages.p2pfs.v1.Control;
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
