/**
 * Goal: our .proto files say exactly what Dragonfly's do. Method: wire.md lists every message, field, enum value and
 * rpc as facts; both it and the loaded files are turned into lines of one form, and the lines must be the same.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import protobuf from "protobufjs";
import { protoFolder, SERVICE_FILES } from "../../proto/load.ts";
import { projectRoot } from "../project-root.ts";

const PAGE = join(projectRoot(), "test/proto/wire.md");
const ORIGINAL_OF_PAGE = join(projectRoot(), "../shared/wire.md");

const WELL_KNOWN = ["Timestamp", "Duration", "Empty"];
const SCALARS = ["string", "bytes", "bool", "double", "uint32", "uint64", "int32", "int64"];

/** The page's type as a full name. */
function typeOnPage(type: string, packageName: string): string {
  if (SCALARS.includes(type)) return type;
  if (WELL_KNOWN.includes(type)) return `google.protobuf.${type}`;
  const map = /^\{(\w+):(\w+)\}$/.exec(type);
  if (map) return `map ${map[1]} ${map[2]}`;
  return type.includes(".") ? type : `${packageName}.${type}`;
}

function fieldLine(text: string, owner: string, packageName: string): string {
  const field = /^(\w+)=(\d+) ([\w.]+|\{\w+:\w+\})(\[\]|\?)?(?: \(oneof (\w+)\))?$/.exec(text);
  assert.ok(field, `a field of ${owner} reads: ${text}`);
  const [, name, number, type, mark, oneof] = field;
  const label = mark === "[]" ? "repeated" : mark === "?" ? "optional" : oneof ? `oneof ${oneof}` : "plain";
  return `${owner}.${name} = ${number} ${label} ${typeOnPage(type ?? "", packageName)}`;
}

/** Every fact of the page; a line below a package that is not understood fails. */
function* factsOnPage(page: string): Generator<string> {
  let packageName = "";
  let service = "";
  for (const line of page.split("\n")) {
    const heading = /^## package (\S+)$/.exec(line);
    if (heading) packageName = heading[1] ?? "";
    if (heading || packageName === "" || line === "") continue;

    const message = /^message (\w+): (.*)$/.exec(line);
    const enumeration = /^enum (\w+): (.*)$/.exec(line);
    const serviceName = /^service (\S+):$/.exec(line);
    const rpc = /^ {2}(\w+)\((stream )?(\S+)\) -> (stream )?(\S+)$/.exec(line);
    if (message) {
      const owner = `${packageName}.${message[1]}`;
      yield `message ${owner}`;
      if (message[2] === "(empty)") continue;
      for (const text of message[2]?.split("; ") ?? []) yield fieldLine(text, owner, packageName);
    } else if (enumeration) {
      for (const text of enumeration[2]?.split(", ") ?? [])
        yield `enum ${packageName}.${enumeration[1]} ${text.replace("=", " = ")}`;
    } else if (serviceName) {
      service = serviceName[1] ?? "";
    } else {
      assert.ok(rpc, `the page reads: ${line}`);
      const [, name, requestStream = "", request = "", responseStream = "", response = ""] = rpc;
      yield `rpc ${service}.${name}(${requestStream}${typeOnPage(request, packageName)}) -> ${responseStream}${typeOnPage(response, packageName)}`;
    }
  }
}

/** Full name without the messages around it: the page does not say where a type is nested. */
function nameOf(object: protobuf.ReflectionObject): string {
  const parts = object.fullName.replace(/^\./, "").split(".");
  return [...parts.slice(0, -1).filter((part) => /^[a-z]/.test(part)), parts.at(-1)].join(".");
}

function loadedFieldLine(owner: string, field: protobuf.Field): string {
  const type = field.resolvedType === null ? field.type : nameOf(field.resolvedType);
  const full = field instanceof protobuf.MapField ? `map ${field.keyType} ${type}` : type;
  const presence = field.partOf?.name === `_${field.name}` ? "optional" : `oneof ${field.partOf?.name}`;
  const label = field.repeated ? "repeated" : field.partOf === null ? "plain" : presence;
  return `${owner}.${field.name} = ${field.id} ${label} ${full}`;
}

/** Every fact of the loaded files, google's own and p2pfs' aside. */
function* factsLoaded(namespace: protobuf.NamespaceBase): Generator<string> {
  for (const object of namespace.nestedArray) {
    if (/^\.(google|p2pfs)(\.|$)/.test(object.fullName)) continue;
    const name = nameOf(object);
    if (object instanceof protobuf.Enum) {
      for (const [value, number] of Object.entries(object.values)) yield `enum ${name} ${value} = ${number}`;
    } else if (object instanceof protobuf.Service) {
      for (const method of object.methodsArray) {
        assert.ok(method.resolvedRequestType && method.resolvedResponseType);
        const request = `${method.requestStream ? "stream " : ""}${nameOf(method.resolvedRequestType)}`;
        const response = `${method.responseStream ? "stream " : ""}${nameOf(method.resolvedResponseType)}`;
        yield `rpc ${name}.${method.name}(${request}) -> ${response}`;
      }
    } else if (object instanceof protobuf.Type) {
      yield `message ${name}`;
      for (const field of object.fieldsArray) yield loadedFieldLine(name, field);
    }
    if (object instanceof protobuf.Namespace) yield* factsLoaded(object);
  }
}

function loadRoot(): protobuf.Root {
  const root = new protobuf.Root();
  const resolvePath = root.resolvePath.bind(root);
  root.resolvePath = (origin, target) =>
    target.startsWith("google/protobuf/") ? resolvePath(origin, target) : join(protoFolder, target);
  root.loadSync([...SERVICE_FILES], { keepCase: true });
  root.resolveAll();
  return root;
}

test("every message, field, enum value and rpc is the one on the page of wire facts, and there is no other", () => {
  const page = readFileSync(PAGE, "utf8");
  if (existsSync(ORIGINAL_OF_PAGE)) assert.equal(page, readFileSync(ORIGINAL_OF_PAGE, "utf8"));
  const onPage = [...factsOnPage(page)].sort();
  const loaded = [...factsLoaded(loadRoot())].sort();
  assert.deepEqual(loaded, onPage);
  assert.equal(new Set(onPage).size, onPage.length, "the page says nothing twice");
  assert.ok(onPage.includes("common.v2.Piece.traffic_type = 7 optional common.v2.TrafficType"));
});
