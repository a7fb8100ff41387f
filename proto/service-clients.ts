/**
 * gRPC client classes made of .proto files. As @grpc/proto-loader makes them, whose types of proto/gen these are; but without the
 * descriptors that it makes of every message for server reflection, which nobody asks for here and which took a third of the
 * time in which a command starts. A file is read once, whoever imports it. Opens no connection.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type MethodDefinition, makeClientConstructor, type ServiceDefinition } from "@grpc/grpc-js";
import protobuf from "protobufjs";

/** Shape of messages at run time. The generated types hold only as long as scripts/proto-types.sh says the same. */
const SHAPE = { longs: Number, enums: String, defaults: true, oneofs: true } as const;

/** Absolute path of the folder with the .proto files: `proto` of the package, also when this file runs from dist. */
export const protoFolder: string = findProtoFolder();

const root = new protobuf.Root();
// Google's own are known to protobufjs.
root.resolvePath = (_origin, target) =>
  target.startsWith("google/protobuf/") ? target : join(protoFolder, target);

/** Makes the files' services known. @param files relative to `protoFolder`; what they import is loaded with them */
export function loadFiles(files: readonly string[]): void {
  root.loadSync([...files]);
  root.resolveAll();
}

/**
 * The client class of a service.
 * @param name with its package; its file is loaded
 * @typeParam Client as proto/gen has it
 */
export function clientOf<Client>(name: string): Client {
  const service = root.lookupService(name);
  const methods = service.methodsArray.map((method) => [method.name, definitionOf(name, method)]);
  return makeClientConstructor(Object.fromEntries(methods) as ServiceDefinition, name) as unknown as Client;
}

function definitionOf(service: string, method: protobuf.Method): MethodDefinition<object, object> {
  const { name, requestStream = false, responseStream = false } = method;
  const { resolvedRequestType: request, resolvedResponseType: response } = method;
  assert.ok(request !== null && response !== null, `${service}/${name} has its types`);
  return {
    path: `/${service}/${name}`,
    requestStream,
    responseStream,
    requestSerialize: (message) => serialized(request, message),
    requestDeserialize: (bytes) => request.toObject(request.decode(bytes), SHAPE),
    responseSerialize: (message) => serialized(response, message),
    responseDeserialize: (bytes) => response.toObject(response.decode(bytes), SHAPE),
    // By this name clients call it, and servers may have their handler.
    originalName: `${name[0]?.toLowerCase()}${name.slice(1)}`,
  };
}

function serialized(type: protobuf.Type, message: object): Buffer {
  // It writes into Buffers where there are any.
  return type.encode(type.fromObject(message)).finish() as Buffer;
}

function findProtoFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    assert.notEqual(dirname(folder), folder, "p2pfs runs from a folder below its package.json");
    folder = dirname(folder);
  }
  return join(folder, "proto");
}
