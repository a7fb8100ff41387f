/** More hosts at once than a scheduler hears on any other day. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { credentials } from "@grpc/grpc-js";
import { Health } from "../../../../proto/load.ts";
import { announce, hold, host, parentsFor, serve } from "./served-scheduler.ts";

test("a scheduler knows ten thousand hosts that announce themselves at once, and answers others meanwhile", async (t) => {
  const { served, client } = await serve(t);
  const health = new Health(`127.0.0.1:${served.port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  t.after(() => health.close());
  for (const id of ["holder", "reader"]) assert.equal(await announce(client, host(id)), undefined);
  await hold(client, "holder");
  const all = Promise.all(Array.from({ length: 10_000 }, (_, at) => announce(client, host(`h${at}`))));
  const answered = new Promise((resolve) => {
    health.check({ service: "" }, (error, answer) => resolve(error ?? answer?.status));
  });
  assert.equal(await answered, "SERVING");
  // Whoever is known finds his parents meanwhile.
  assert.deepEqual(await parentsFor(client, "reader"), ["holder"]);
  assert.ok((await all).every((error) => error === undefined));
  assert.equal(served.hostIds.length, 10_002);
});
