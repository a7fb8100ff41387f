/**
 * What another host may make this one fetch: over real connections, with the daemon's own sources and guard. Whatever the URL says
 * and however it is asked for, nothing of this host is connected to, and no metadata service.
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { type TestContext, test } from "node:test";
import { type ServiceError, status } from "@grpc/grpc-js";
import { systemClock } from "../../../base/clock.ts";
import { loadConfig } from "../../../daemon/config/config.ts";
import { SYSTEM } from "../../../daemon/config/workhome.ts";
import { openOrigins } from "../../../daemon/origins.ts";
import { DaemonMetrics } from "../../../daemon/server/metrics.ts";
import { ParentChannels } from "../../../daemon/transport/parent-channels.ts";
import { serveUploads, type UploadServed } from "./upload-served.ts";

/** A server of this host that counts who comes; it stands for a port of our own as well. */
async function victim(t: TestContext) {
  const seen = { requests: 0 };
  const server = createServer((_request, answer) => {
    seen.requests += 1;
    answer.end("secret");
  });
  await new Promise<void>((resolve) => server.listen(0, "::", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, port };
}

async function guarded(t: TestContext, ownPort: number): Promise<UploadServed> {
  const { config } = loadConfig({ environment: {}, workhome: SYSTEM });
  const origins = openOrigins({
    config,
    clock: systemClock,
    metrics: new DaemonMetrics(systemClock),
    environment: {},
    ownPorts: () => new Set([ownPort]),
  });
  t.after(() => origins.close());
  return serveUploads(t, { sourceOf: origins.sourceOf });
}

/** URLs that lead to the port on this host, or to services that hand out the machine's credentials. */
function hostileUrls(port: number): string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .slice(0, 1)
    .map(({ address }) => `http://${address}:${port}/a.bin`);
  return [
    `http://127.0.0.1:${port}/a.bin`,
    `http://127.9.9.9:${port}/a.bin`,
    `http://localhost:${port}/a.bin`,
    `http://2130706433:${port}/a.bin`,
    `http://0x7f.1:${port}/a.bin`,
    `http://0.0.0.0:${port}/a.bin`,
    `http://[::1]:${port}/a.bin`,
    `http://[::]:${port}/a.bin`,
    `http://[::ffff:127.0.0.1]:${port}/a.bin`,
    `http://[64:ff9b::7f00:1]:${port}/a.bin`,
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    ...own,
  ];
}

type Ended = { on(event: "data" | "error" | "end", listener: (error: ServiceError) => void): unknown };

function codeOf(call: Ended): Promise<number> {
  return new Promise((resolve) => {
    call.on("data", () => {});
    call.on("error", ({ code }) => resolve(code));
    call.on("end", () => resolve(status.OK));
  });
}

test("URLs of this host and of metadata services are refused, however they are asked for over TCP", async (t) => {
  const { seen, port } = await victim(t);
  const served = await guarded(t, port);
  const channels = new ParentChannels({ clock: systemClock });
  t.after(() => channels.close());
  const { pieces, release } = channels.use({ ip: "127.0.0.1", uploadPort: served.uploadPort });
  for (const url of hostileUrls(port)) {
    const download = { url, type: "STANDARD" as const };
    const codes = {
      download: await codeOf(served.upload.downloadTask({ download })),
      content: await codeOf(
        served.upload.downloadTask({ download: { ...download, needPieceContent: true } }),
      ),
      list: await new Promise<number>((resolve) =>
        served.upload.listTaskEntries({ url }, (error) => resolve(error?.code ?? status.OK)),
      ),
      want: await codeOf(
        pieces.want({
          hostId: "child",
          taskId: "ab".repeat(32),
          download,
          version: { length: 6 },
          firstBlock: 0,
          blockCount: 1,
        }),
      ),
    };
    const DENIED = status.PERMISSION_DENIED;
    assert.deepEqual(codes, { download: DENIED, content: DENIED, list: DENIED, want: DENIED }, url);
  }
  release();
  assert.equal(seen.requests, 0);
});
