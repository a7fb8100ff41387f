/**
 * Recorded messages of every family of tasks against our .proto files, and Dragonfly's recorded calls of the families that we do
 * not keep against our servers. Method: each recorded message is read and written again, from what was read alone: a field that
 * our files lack, or have under another number or type, would be missing in the bytes.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type Client, type ServiceDefinition, type ServiceError, status } from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { DfdaemonDownload, DfdaemonUpload, protoFolder, SERVICE_FILES } from "../../proto/load.ts";
import { serveUploads } from "../daemon/server/upload-served.ts";
import { callsOf, linesOf, scenarios } from "./transcript.ts";

const root = new protobuf.Root();
root.resolvePath = (_origin, target) =>
  target.startsWith("google/protobuf/") ? target : join(protoFolder, target);
root.loadSync([...SERVICE_FILES]);

/** Types as the recordings name them; "Empty" is google.protobuf.Empty. */
function typeOf(name: string): protobuf.Type {
  return root.lookupType(name === "Empty" ? "google.protobuf.Empty" : name);
}

const isPersistent = (name: string) => name.includes("Persistent");

test("every recorded message is read whole: written again it has the recorded bytes", () => {
  const seen = new Map<string, number>();
  for (const scenario of scenarios())
    for (const { kind, type, bytes } of linesOf(scenario)) {
      if (kind !== "message" || type === undefined || typeof bytes !== "string") continue;
      const recorded = Buffer.from(bytes, "base64");
      const message = typeOf(type);
      const again = Buffer.from(message.encode(message.decode(recorded)).finish());
      assert.equal(again.toString("hex"), recorded.toString("hex"), `${scenario}: ${type}`);
      seen.set(type, (seen.get(type) ?? 0) + 1);
    }
  const persistent = [...seen.keys()].filter(isPersistent);
  assert.ok(
    seen.size >= 30 && persistent.length >= 12,
    `${seen.size} types, ${persistent.length} of them persistent`,
  );
});

/** The status of a call with these bytes, whatever the method takes and gives. */
function statusOf(client: Client, path: string, message: Buffer): Promise<number> {
  return new Promise((resolve) => {
    const same = (bytes: Buffer) => bytes;
    const call = client.makeServerStreamRequest(path, same, same, message);
    call.on("data", () => {});
    call.on("error", ({ code }: ServiceError) => resolve(code));
    call.on("end", () => resolve(status.OK));
  });
}

function persistentPaths(service: ServiceDefinition): string[] {
  return Object.values(service)
    .map(({ path }) => path)
    .filter(isPersistent);
}

test("Dragonfly's clients hear UNIMPLEMENTED of the families of tasks that are not kept", async (t) => {
  const served = await serveUploads(t);
  const servers = [
    { client: served.upload, paths: persistentPaths(DfdaemonUpload.service) },
    { client: served.download, paths: persistentPaths(DfdaemonDownload.service) },
  ];
  let replayed = 0;
  for (const { client, paths } of servers) {
    assert.ok(paths.length >= 6);
    for (const path of paths) {
      const calls = scenarios().flatMap((scenario) => callsOf(scenario, path));
      const questions = calls.flatMap(({ events }) => {
        const asked = events.find((event) => event.by === "client");
        return asked?.by === "client" ? [asked.bytes] : [];
      });
      for (const question of [Buffer.alloc(0), ...questions]) {
        assert.equal(await statusOf(client, path, question), status.UNIMPLEMENTED, path);
        replayed += 1;
      }
    }
  }
  assert.ok(replayed >= 20, `${replayed} calls`);
  assert.deepEqual(served.source.reads, []);
});
