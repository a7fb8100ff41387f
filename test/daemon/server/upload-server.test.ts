/** What other hosts may ask over TCP, call by call, and what they may not. */
import assert from "node:assert/strict";
import { connect as connectTcp, type Socket } from "node:net";
import { describe, test } from "node:test";
import { type ServiceError, status } from "@grpc/grpc-js";
import { UPLOAD_CONNECTIONS_MAX, WIRE_ENTRIES_MAX } from "../../../base/limits.ts";
import { AddressGuard } from "../../../daemon/source/address-guard.ts";
import type { SourceRequest } from "../../../daemon/source/source.ts";
import type { Download } from "../../../proto/gen/common/v2/Download.ts";
import type { Host__Output } from "../../../proto/gen/common/v2/Host.ts";
import { DfdaemonUpload } from "../../../proto/load.ts";
import { failureOf, until } from "../../base/promises.ts";
import { ask, downloadAll, FILE_URL, MIB } from "./served.ts";
import { serveUploads, type UploadServed } from "./upload-served.ts";

const KNOWN = "ab".repeat(32);

/** Downloads over TCP. */
const download = ({ upload }: UploadServed, asked: Download) =>
  downloadAll({ download: upload as never }, asked);

describe("DownloadTask", () => {
  test("makes a seed fetch the whole, and tells each piece as it comes", async (t) => {
    const served = await serveUploads(t);
    const { messages, error } = await download(served, { needBackToSource: true, outputPath: "" });
    assert.equal(error, undefined);
    const [started, ...pieces] = messages;
    assert.equal(started?.downloadTaskStartedResponse?.contentLength, 9 * MIB + 100);
    assert.equal(started?.downloadTaskStartedResponse?.pieces.length, 3);
    assert.deepEqual(
      pieces.map((each) => each.downloadPieceFinishedResponse?.piece?.number).sort(),
      [0, 1, 2],
    );
    assert.ok(served.engine.record(started?.taskId ?? "")?.finishedAtMs !== undefined);
  });

  test("fetches a range's pieces and no others", async (t) => {
    const served = await serveUploads(t);
    const { messages } = await download(served, { range: { start: 5 * MIB, length: 10 } });
    const numbers = messages.flatMap((each) => each.downloadPieceFinishedResponse?.piece?.number ?? []);
    assert.deepEqual(numbers, [1]);
    assert.ok(served.source.reads.every(({ offset }) => offset >= 4 * MIB && offset < 8 * MIB));
  });

  test("hands content out piece by piece to whoever asks for it", async (t) => {
    const served = await serveUploads(t);
    const { messages } = await download(served, { needPieceContent: true });
    const bytes = messages.reduce(
      (sum, each) => sum + (each.downloadPieceFinishedResponse?.piece?.content?.length ?? 0),
      0,
    );
    assert.equal(bytes, 9 * MIB + 100);
  });

  const REFUSED: Readonly<Record<string, { asked: Download; code: number }>> = {
    "an output path": { asked: { outputPath: "/tmp/p2pfs-out" }, code: status.PERMISSION_DENIED },
    "a relative output path": { asked: { outputPath: "../x" }, code: status.PERMISSION_DENIED },
    "content without the origin's consent": {
      asked: { needPieceContent: true, disableBackToSource: true },
      code: status.PERMISSION_DENIED,
    },
    "a URL that is a path": { asked: { url: "/etc/passwd" }, code: status.INVALID_ARGUMENT },
    "a URL without end": { asked: { url: `http://o/${"a".repeat(20_000)}` }, code: status.INVALID_ARGUMENT },
    "another family's task": { asked: { type: "PERSISTENT" }, code: status.INVALID_ARGUMENT },
    "a range of nothing": { asked: { range: { start: 0, length: 0 } }, code: status.INVALID_ARGUMENT },
    "a range beyond all files": {
      asked: { range: { start: "18446744073709551615" as unknown as number, length: 1 } },
      code: status.FAILED_PRECONDITION,
    },
    "a piece length beyond all files": {
      asked: { pieceLength: "18446744073709551615" as unknown as number },
      code: status.INVALID_ARGUMENT,
    },
    "a piece length of one byte": { asked: { pieceLength: 1 }, code: status.INVALID_ARGUMENT },
    "headers without end": {
      asked: {
        requestHeader: Object.fromEntries(
          Array.from({ length: WIRE_ENTRIES_MAX + 1 }, (_, n) => [`x-${n}`, "1"]),
        ),
      },
      code: status.INVALID_ARGUMENT,
    },
    "filters without end": {
      asked: { filteredQueryParams: Array.from({ length: WIRE_ENTRIES_MAX + 1 }, (_, n) => `q${n}`) },
      code: status.INVALID_ARGUMENT,
    },
    "a tag without end": { asked: { tag: "t".repeat(10_000) }, code: status.INVALID_ARGUMENT },
    "a negative timeout": { asked: { timeout: { seconds: -1 } }, code: status.INVALID_ARGUMENT },
  };
  for (const [what, { asked, code }] of Object.entries(REFUSED))
    test(`refuses ${what}, and fetches nothing`, async (t) => {
      const served = await serveUploads(t);
      const { error, messages } = await download(served, asked);
      assert.equal(error?.code, code, error?.details);
      assert.deepEqual(messages, []);
      assert.deepEqual(served.source.reads, []);
    });

  test("a link that the first peer wanted is none of ours: only the content is fetched", async (t) => {
    const served = await serveUploads(t);
    const { error } = await download(served, { forceHardLink: true, overwrite: true });
    assert.equal(error, undefined);
  });

  test("what others ask for is fetched by the stricter rules for addresses", async (t) => {
    const asked: SourceRequest[] = [];
    const served = await serveUploads(t);
    const { stat, read } = served.source;
    served.source.stat = (request, signal) => {
      asked.push(request);
      return stat.call(served.source, request, signal);
    };
    served.source.read = (request, signal) => {
      asked.push(request);
      return read.call(served.source, request, signal);
    };
    await download(served, {});
    await ask(served.upload, "listTaskEntries", { url: FILE_URL });
    assert.ok(asked.length >= 3);
    assert.ok(asked.every(({ asker }) => asker === "network"));
    const guard = new AddressGuard({ ownPorts: () => new Set([4000]), localAddresses: () => ["10.0.0.7"] });
    for (const [address, port] of [
      ["127.0.0.1", 80],
      ["169.254.169.254", 80],
      ["::1", 80],
      ["10.0.0.7", 4000],
    ] as const)
      assert.throws(() => guard.check(address, port, "network"), { code: "PERMISSION" }, address);
  });

  test("the configuration's credentials fetch for a seed, and are never lent to whoever wants the bytes", async (t) => {
    const asked: SourceRequest[] = [];
    const secret = { accessKeyID: "id", accessKeySecret: "secret" };
    const served = await serveUploads(t, {
      context: { requestFor: (url) => ({ url, headers: { "x-secret": "1" }, objectStorage: secret }) },
    });
    const { stat } = served.source;
    served.source.stat = (request, signal) => {
      asked.push(request);
      return stat.call(served.source, request, signal);
    };
    await download(served, {});
    assert.deepEqual(asked[0]?.objectStorage, secret);
    asked.length = 0;
    await download(served, { needPieceContent: true });
    await ask(served.upload, "listTaskEntries", { url: FILE_URL });
    assert.equal(asked.length, 2);
    for (const { objectStorage, headers } of asked) {
      assert.equal(objectStorage, undefined);
      assert.deepEqual(headers, {});
    }
  });
});

describe("tasks", () => {
  test("StatTask and StatLocalTask tell what is here, and NOT_FOUND of what is not", async (t) => {
    const served = await serveUploads(t);
    const { messages } = await download(served, {});
    const taskId = messages[0]?.taskId ?? "";
    const local = await ask(served.upload, "statLocalTask", { taskId });
    assert.equal(local.contentLength, 9 * MIB + 100);
    assert.ok(local.finishedAt);
    assert.equal((await ask(served.upload, "statTask", { taskId })).state, "Succeeded");
    const absent = await failureOf<ServiceError>(ask(served.upload, "statLocalTask", { taskId: KNOWN }));
    assert.equal(absent.code, status.NOT_FOUND);
    assert.equal(absent.details, `local task not found: ${KNOWN}`);
    const unknown = await failureOf<ServiceError>(ask(served.upload, "statTask", { taskId: KNOWN }));
    assert.equal(unknown.details, `task not found: ${KNOWN}`);
  });

  test("DeleteTask takes a task away; what is not here is INTERNAL, and a path INVALID_ARGUMENT", async (t) => {
    const served = await serveUploads(t);
    const { messages } = await download(served, {});
    const taskId = messages[0]?.taskId ?? "";
    await ask(served.upload, "deleteTask", { taskId });
    assert.equal(served.engine.record(taskId), undefined);
    assert.equal(
      (await failureOf<ServiceError>(ask(served.upload, "deleteTask", { taskId }))).code,
      status.INTERNAL,
    );
    const traversal = "../../../../../../etc/passwd";
    for (const call of ["deleteTask", "statTask", "statLocalTask"] as const)
      assert.equal(
        (await failureOf<ServiceError>(ask(served.upload, call, { taskId: traversal }))).code,
        status.INVALID_ARGUMENT,
      );
  });

  test("ListTaskEntries tells what the source says of a URL", async (t) => {
    const served = await serveUploads(t);
    const answer = await ask(served.upload, "listTaskEntries", { url: FILE_URL });
    assert.equal(answer.contentLength, 9 * MIB + 100);
    assert.equal(answer.statusCode, 206);
    const bad = await failureOf<ServiceError>(ask(served.upload, "listTaskEntries", { url: "no url" }));
    assert.equal(bad.code, status.INVALID_ARGUMENT);
  });
});

test("SyncHost tells the network and nothing else, at once and then every second", async (t) => {
  const served = await serveUploads(t);
  const came: Host__Output[] = [];
  const call = served.upload.syncHost({ hostId: "child", peerId: "peer" });
  call.on("data", (host: Host__Output) => came.push(host));
  call.on("error", () => {});
  await until(() => came.length === 2);
  call.cancel();
  const { network, ...rest } = came[0] as Host__Output;
  assert.equal(rest.id, "");
  assert.equal(rest.cpu, undefined);
  const { maxRxBandwidth, rxBandwidth, maxTxBandwidth, txBandwidth } = network ?? {};
  assert.deepEqual([maxRxBandwidth, rxBandwidth, maxTxBandwidth, txBandwidth], [2e9, 5, 1e9, 7]);
});

test("health: the whole serves from the start, the service once everything does", async (t) => {
  const served = await serveUploads(t);
  const check = async (service: string) => (await ask(served.uploadHealth, "check", { service })).status;
  assert.equal(await check(""), "SERVING");
  assert.equal(await check("dfdaemon.v2.DfdaemonUpload"), "NOT_SERVING");
  served.uploadServer.setServing(true);
  assert.equal(await check("dfdaemon.v2.DfdaemonUpload"), "SERVING");
  assert.equal((await failureOf<ServiceError>(check("other"))).code, status.NOT_FOUND);
});

test("calls beyond the rate are refused in Dragonfly's words, and served again when there is room", async (t) => {
  let left = 2;
  const served = await serveUploads(t, { upload: { mayBegin: () => left-- > 0 } });
  const check = () => ask(served.uploadHealth, "check", { service: "" });
  await check();
  await check();
  const refused = await failureOf<ServiceError>(check());
  assert.equal(refused.code, status.RESOURCE_EXHAUSTED);
  assert.equal(refused.details, "server is overloaded: too many requests, please retry later");
  left = 1;
  assert.equal((await check()).status, "SERVING");
});

test("connections beyond the bound are closed at once, and those that are open are served on", async (t) => {
  const served = await serveUploads(t);
  const check = () => ask(served.uploadHealth, "check", { service: "" });
  await check();
  const ended = { count: 0 };
  const sockets = Array.from({ length: UPLOAD_CONNECTIONS_MAX + 4 }, () => {
    const socket = connectTcp(served.uploadPort, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("close", () => (ended.count += 1));
    socket.resume();
    return socket;
  });
  await until(() => ended.count >= 5);
  assert.equal((await check()).status, "SERVING");
  for (const socket of sockets) socket.destroy();
  await until(() => ended.count === sockets.length);
});

test("every other call of the service is UNIMPLEMENTED", async (t) => {
  const served = await serveUploads(t);
  const ours = [
    "DownloadTask",
    "StatTask",
    "StatLocalTask",
    "ListTaskEntries",
    "DeleteTask",
    "SyncPieces",
    "SyncHost",
  ];
  const others = Object.entries(DfdaemonUpload.service).filter(([name]) => !ours.includes(name));
  assert.equal(others.length, 16);
  for (const [name, method] of others) {
    const code = await new Promise<number>((resolve) => {
      const { path, requestSerialize, responseDeserialize, responseStream } = method;
      const answered = (error: { code: number } | null) => resolve(error?.code ?? -1);
      const [serialize, deserialize] = [requestSerialize as never, responseDeserialize as never];
      if (!responseStream) {
        served.upload.makeUnaryRequest(path, serialize, deserialize, {} as never, answered);
        return;
      }
      const call = served.upload.makeServerStreamRequest(path, serialize, deserialize, {} as never);
      call.on("error", answered);
      call.on("data", () => {});
    });
    assert.equal(code, status.UNIMPLEMENTED, name);
  }
});

test("bytes that are no HTTP/2, such as a peer's vortex request, cost the connection and nothing else", async (t) => {
  const served = await serveUploads(t);
  const garbage = [
    Buffer.concat([Buffer.from("dd0000000044", "hex"), Buffer.from(KNOWN), Buffer.alloc(4)]),
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.alloc(100_000, 0xff),
  ];
  for (const bytes of garbage)
    await new Promise<void>((resolve) => {
      const socket: Socket = connectTcp(served.uploadPort, "127.0.0.1", () => socket.end(bytes));
      socket.on("error", () => {});
      socket.resume();
      socket.on("close", () => resolve());
    });
  assert.equal((await ask(served.uploadHealth, "check", { service: "" })).status, "SERVING");
});
