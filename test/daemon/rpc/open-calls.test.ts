/** Open gRPC calls are counted on both sides, whatever kind they are and however they end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { credentials, Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { openCalls } from "../../../daemon/rpc/open-calls.ts";
import { HealthService } from "../../../daemon/server/health-service.ts";
import { Health } from "../../../proto/load.ts";

const CALLS = 20;

async function served(t: TestContext) {
  const health = new HealthService(["here"]);
  const server = new Server();
  server.addService(Health.service, { Check: health.check, Watch: health.watch });
  t.after(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const client = new Health(`127.0.0.1:${port}`, credentials.createInsecure());
  t.after(() => client.close());
  return { client, port };
}

/** What a call that was cancelled leaves is cleared by the other side a moment later. */
async function become(asClient: number, asServer: number): Promise<void> {
  const untilMs = performance.now() + 5_000;
  const wanted = { asClient, asServer };
  for (;;) {
    const now = openCalls();
    if (performance.now() > untilMs) assert.deepEqual(now, wanted);
    if (now.asClient === asClient && now.asServer === asServer) return;
    await delay(5);
  }
}

async function watching(client: InstanceType<typeof Health>, count: number) {
  const calls = Array.from({ length: count }, () => client.watch({ service: "here" }));
  for (const call of calls) {
    call.on("error", () => {});
    await once(call, "data");
  }
  return calls;
}

test("calls that were answered, refused or unknown are open no more", async (t) => {
  const { client } = await served(t);
  const ask = (service: string) =>
    new Promise<number>((resolve) =>
      client.check({ service }, (error: ServiceError | null) => resolve(error?.code ?? status.OK)),
    );
  const names = Array.from({ length: CALLS }, (_, index) => (index % 2 === 0 ? "here" : "elsewhere"));
  const codes = await Promise.all(names.map(ask));
  assert.deepEqual(new Set(codes), new Set([status.OK, status.NOT_FOUND]));
  const unknown = await new Promise<number>((resolve) =>
    client.makeUnaryRequest(
      "/test.Test/Unknown",
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes,
      {},
      (error) => resolve(error?.code ?? status.OK),
    ),
  );
  assert.equal(unknown, status.UNIMPLEMENTED);
  await become(0, 0);
});

test("streams count as long as they last, and not once they were cancelled", async (t) => {
  const { client } = await served(t);
  const calls = await watching(client, CALLS);
  await become(CALLS, CALLS);
  for (const call of calls.slice(0, 5)) call.cancel();
  await become(CALLS - 5, CALLS - 5);
  for (const call of calls) call.cancel();
  await become(0, 0);
});

test("a client that is gone without a word leaves no call open", async (t) => {
  const { port } = await served(t);
  const socket = connectTcp(port, "127.0.0.1");
  const session = connect("http://127.0.0.1", { createConnection: () => socket });
  session.on("error", () => {});
  for (let call = 0; call < CALLS; call++) {
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Watch",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => {});
    // A frame without content asks for the overall name.
    stream.end(Buffer.alloc(5));
    await once(stream, "data");
  }
  await become(0, CALLS);
  socket.destroy();
  await become(0, 0);
});

test("a call whose time is over is open no more", async (t) => {
  const { client } = await served(t);
  const call = client.watch({ service: "here" }, { deadline: Date.now() + 100 });
  const [error] = (await once(call.resume(), "error")) as [ServiceError];
  assert.equal(error.code, status.DEADLINE_EXCEEDED);
  await become(0, 0);
});
