/** Streams of a client that never ends its side, as Dragonfly's, asked over plain HTTP/2 so that each frame's effect is seen. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, constants, type IncomingHttpHeaders } from "node:http2";
import { type TestContext, test } from "node:test";
import { Server, ServerCredentials, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { systemClock } from "../../../base/clock.ts";
import { resetAfterStatus } from "../../../daemon/rpc/reset-after-status.ts";

type Answer = (call: ServerDuplexStream<Buffer, Buffer>) => void;

const NAMED = "/test.Test/Named";
const OTHER = "/test.Test/Other";

async function serve(t: TestContext, answer: Answer): Promise<number> {
  const server = new Server({ interceptors: [resetAfterStatus([NAMED], systemClock)] });
  const plain = (bytes: Buffer) => bytes;
  const method = (path: string) => ({
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: plain,
    requestDeserialize: plain,
    responseSerialize: plain,
    responseDeserialize: plain,
  });
  const call: Answer = (stream) => {
    stream.on("error", () => {});
    stream.once("data", () => answer(stream));
  };
  server.addService({ Named: method(NAMED), Other: method(OTHER) }, { Named: call, Other: call });
  t.after(() => server.forceShutdown());
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

/** Sends one message and goes on holding its side open. */
function ask(t: TestContext, port: number, path: string) {
  const session = connect(`http://127.0.0.1:${port}`);
  t.after(() => session.destroy());
  const stream = session.request(
    { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" },
    { endStream: false },
  );
  stream.write(Buffer.from([0, 0, 0, 0, 1, 65]));
  let [bytes, grpcStatus] = [0, ""];
  const read = (headers: IncomingHttpHeaders) => {
    grpcStatus = String(headers["grpc-status"] ?? grpcStatus);
  };
  stream.on("response", read);
  stream.on("trailers", read);
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const heard = () => ({ bytes, grpcStatus });
  return { stream, heard };
}

test("A client that never ends its side hears the status, and then that nobody listens", async (t) => {
  const port = await serve(t, (call) => {
    call.write(Buffer.alloc(3));
    call.end();
  });
  const { stream, heard } = ask(t, port, NAMED);
  await once(stream, "close");
  assert.deepEqual(heard(), { bytes: 8, grpcStatus: "0" });
  assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
});

test("So does one that is refused", async (t) => {
  const port = await serve(t, (call) => call.emit("error", { code: status.NOT_FOUND, details: "none" }));
  const { stream, heard } = ask(t, port, NAMED);
  await once(stream, "close");
  assert.deepEqual(heard(), { bytes: 0, grpcStatus: String(status.NOT_FOUND) });
});

test("Nothing that was to be sent before the status is lost", async (t) => {
  const [count, length] = [200, 60_000];
  const port = await serve(t, (call) => {
    for (let sent = 0; sent < count; sent += 1) call.write(Buffer.alloc(length));
    call.end();
  });
  const { stream, heard } = ask(t, port, NAMED);
  await once(stream, "close");
  assert.deepEqual(heard(), { bytes: count * (length + 5), grpcStatus: "0" });
});

test("Calls that were not named are left open until their client ends them", async (t) => {
  const port = await serve(t, (call) => call.end());
  const { stream, heard } = ask(t, port, OTHER);
  await once(stream, "end");
  // Twenty looks' time.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(stream.closed, false);
  stream.end();
  await once(stream, "close");
  assert.equal(heard().grpcStatus, "0");
});
