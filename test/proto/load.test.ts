/**
 * Goal: what the generated types promise of messages holds at run time, over a real gRPC connection. Method: a server
 * on a Unix socket of its own, and clients of the loaded classes.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { credentials, Metadata, Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import {
  decodeBackendDetails,
  encodeBackendDetails,
  STATUS_DETAILS_KEY,
} from "../../proto/backend-details.ts";
import type { DownloadTaskResponse__Output } from "../../proto/gen/dfdaemon/v2/DownloadTaskResponse.ts";
import type { MountRequest__Output } from "../../proto/gen/p2pfs/v1/MountRequest.ts";
import type { MountResponse__Output } from "../../proto/gen/p2pfs/v1/MountResponse.ts";
import { Control, DfdaemonDownload, DfdaemonUpload, Health, Manager, Scheduler } from "../../proto/load.ts";

/** Starts the server on a socket of its own and closes both afterwards; returns the address. */
async function serve(t: TestContext, addServices: (server: Server) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-proto-"));
  const server = new Server();
  t.after(() => {
    server.forceShutdown();
    rmSync(folder, { recursive: true });
  });
  addServices(server);
  const address = `unix:${join(folder, "sock")}`;
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return address;
}

test("every service has Dragonfly's path names", () => {
  const paths = [DfdaemonUpload, DfdaemonDownload, Scheduler, Manager, Health, Control].map(
    ({ service }) => Object.values(service)[0]?.path,
  );
  assert.deepEqual(paths, [
    "/dfdaemon.v2.DfdaemonUpload/DownloadTask",
    "/dfdaemon.v2.DfdaemonDownload/DownloadTask",
    "/scheduler.v2.Scheduler/AnnouncePeer",
    "/manager.v2.Manager/GetSeedPeer",
    "/grpc.health.v1.Health/Check",
    "/p2pfs.v1.Control/Mount",
  ]);
});

test("an optional field is received if and only if it was sent, and the others have their defaults", async (t) => {
  const received: MountRequest__Output[] = [];
  const address = await serve(t, (server) =>
    server.addService(Control.service, {
      Mount(call: { request: MountRequest__Output }, answer: (e: null, r: object) => void) {
        received.push(call.request);
        answer(null, { binding: "fuse-native" });
      },
    }),
  );
  const client = new Control(address, credentials.createInsecure());
  t.after(() => client.close());
  const response = await new Promise<MountResponse__Output | undefined>((resolve, reject) => {
    client.mount({ directory: "/p2p", uid: 0 }, (error, value) => (error ? reject(error) : resolve(value)));
  });
  assert.deepEqual(response, { binding: "fuse-native" });
  assert.deepEqual(
    { ...received[0] },
    { directory: "/p2p", allowOther: false, readOnly: false, binding: "", uid: 0, _uid: "uid" },
  );
});

test("a stream carries oneofs by name, enums as names, 64-bit integers as numbers and bytes as buffers", async (t) => {
  const address = await serve(t, (server) =>
    server.addService(DfdaemonDownload.service, {
      DownloadTask(call: { write(message: object): void; end(): void }) {
        call.write({
          taskId: "t",
          downloadTaskStartedResponse: { contentLength: 2 ** 52, responseHeader: { a: "b" } },
        });
        const piece = {
          number: 1,
          trafficType: "REMOTE_PEER",
          content: Buffer.from("bytes"),
          cost: { seconds: 1 },
        };
        call.write({ taskId: "t", downloadPieceFinishedResponse: { piece } });
        call.end();
      },
    }),
  );
  const client = new DfdaemonDownload(address, credentials.createInsecure());
  t.after(() => client.close());
  const messages: DownloadTaskResponse__Output[] = [];
  for await (const message of client.downloadTask({ download: { url: "http://h/", type: "STANDARD" } }))
    messages.push(message);

  assert.deepEqual(
    messages.map((message) => message.response),
    ["downloadTaskStartedResponse", "downloadPieceFinishedResponse"],
  );
  assert.equal(messages[0]?.downloadTaskStartedResponse?.contentLength, 2 ** 52);
  assert.deepEqual({ ...messages[0]?.downloadTaskStartedResponse?.responseHeader }, { a: "b" });
  const piece = messages[1]?.downloadPieceFinishedResponse?.piece;
  assert.equal(piece?.trafficType, "REMOTE_PEER");
  assert.deepEqual(piece?.content, Buffer.from("bytes"));
  assert.equal(piece?.parentId, undefined);
  assert.equal(piece?.createdAt, null);
  assert.deepEqual(piece?.cost, { seconds: 1, nanos: 0 });
});

test("an enum value that we do not know keeps its number", () => {
  const { StatTask } = Scheduler.service;
  // Field 11, size_scope, varint 4: Dragonfly's Go scheduler knows a fifth value.
  assert.equal(StatTask.responseDeserialize(Buffer.from([11 << 3, 4])).sizeScope, 4);
});

test("the source's answer travels in a status's details", async (t) => {
  const details = { message: "not found", header: { server: "nginx" }, statusCode: 404 };
  const address = await serve(t, (server) =>
    server.addService(DfdaemonDownload.service, {
      StatTask(_call: object, answer: (error: object) => void) {
        const metadata = new Metadata();
        metadata.set(STATUS_DETAILS_KEY, encodeBackendDetails(details));
        answer({ code: status.INTERNAL, details: "the source failed", metadata });
      },
    }),
  );
  const client = new DfdaemonDownload(address, credentials.createInsecure());
  t.after(() => client.close());
  const error = await new Promise<ServiceError | null>((resolve) => {
    client.statTask({ taskId: "t" }, (failure) => resolve(failure));
  });
  const [bytes] = error?.metadata.get(STATUS_DETAILS_KEY) ?? [];
  assert.ok(Buffer.isBuffer(bytes));
  assert.deepEqual(decodeBackendDetails(bytes), details);
});

test("details are the JSON that Dragonfly's dfget reads", () => {
  assert.equal(
    encodeBackendDetails({ message: "m", header: { a: "b" }, statusCode: 503 }).toString(),
    '{"message":"m","header":{"a":"b"},"status_code":503}',
  );
  assert.equal(
    encodeBackendDetails({ message: "m", header: {} }).toString(),
    '{"message":"m","header":{},"status_code":null}',
  );
});

test("details that are no answer of a source are none", () => {
  const cases: [string, string][] = [
    ["nothing", ""],
    ["a serialised google.rpc.Status", "\x08\x0d\x12\x06failed"],
    ["a JSON value of another kind", "null"],
    ["an array", "[]"],
    ["a message of another type", '{"message":1,"header":{}}'],
    ["headers of another type", '{"message":"m","header":{"a":1}}'],
    ["a status of another type", '{"message":"m","header":{},"status_code":"404"}'],
  ];
  for (const [what, text] of cases) assert.equal(decodeBackendDetails(Buffer.from(text)), undefined, what);
  assert.deepEqual(decodeBackendDetails(Buffer.from('{"message":"m"}')), { message: "m", header: {} });
});
