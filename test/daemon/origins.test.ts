/** The daemon's sources by scheme, what is counted of them, and what the configuration adds to requests. */
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeClock, systemClock } from "../../base/clock.ts";
import { loadConfig } from "../../daemon/config/config.ts";
import { SYSTEM } from "../../daemon/config/workhome.ts";
import { MeteredSource, openOrigins } from "../../daemon/origins.ts";
import { requestsFrom } from "../../daemon/requests.ts";
import { DaemonMetrics } from "../../daemon/server/metrics.ts";
import { ScriptedSource } from "./engine/scripted-source.ts";

const config = (text: string) =>
  loadConfig({ file: { path: "f.yaml", text }, environment: {}, workhome: SYSTEM }).config;

test("each scheme has its source, and one that has none is told which there are", async () => {
  const origins = openOrigins({
    config: config(""),
    clock: systemClock,
    metrics: new DaemonMetrics(systemClock),
    environment: {},
    ownPorts: () => new Set(),
  });
  for (const url of ["http://a/", "HTTPS://a/", "oss://b/k", "s3://b/k"])
    assert.ok(origins.sourceOf(url).schemes.includes(url.split(":")[0]?.toLowerCase() ?? ""));
  assert.equal(origins.sourceOf("http://a/"), origins.sourceOf("https://b/"));
  assert.throws(() => origins.sourceOf("ftp://a/b"), {
    code: "NOT_SUPPORTED",
    message: "ftp URLs are not served; http, https, oss, s3 are",
  });
  assert.throws(() => origins.sourceOf("no url"), { code: "NOT_SUPPORTED" });
  await origins.close();
  await origins.close();
});

test("requests and bytes of a source are counted as they come", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-metered-"));
  const fd = openSync(join(folder, "f"), "w+");
  t.after(() => {
    closeSync(fd);
    return rm(folder, { recursive: true });
  });
  const metrics = new DaemonMetrics(new FakeClock());
  const inner = new ScriptedSource(2_500_000);
  const source = new MeteredSource(inner, metrics);
  const request = { url: "http://origin/file", headers: {} };
  const { signal } = new AbortController();
  await source.stat(request, signal);
  const blocks: number[] = [];
  const read = {
    ...request,
    into: { fd, offset: 0, length: 2_500_000, onBlock: (block: number) => void blocks.push(block) },
    contentLength: 2_500_000,
    validator: {},
    ranges: true,
  };
  await source.read(read, signal);
  assert.deepEqual(blocks, [0, 1, 2]);
  inner.missing = true;
  await assert.rejects(source.stat(request, signal), { code: "NOT_FOUND" });
  await assert.rejects(async () => {
    for await (const _page of source.list(request, signal)) assert.fail("there is no listing");
  });
  const text = await metrics.registry.metrics();
  for (const line of [
    'download_traffic{type="BACK_TO_SOURCE"} 2500000',
    'backend_request_total{scheme="http",method="HEAD"} 2',
    'backend_request_failure_total{scheme="http",method="HEAD"} 1',
    'backend_request_total{scheme="http",method="GET"} 1',
    'backend_request_failure_total{scheme="http",method="LIST"} 1',
  ])
    assert.ok(text.includes(`dragonfly_client_${line}\n`), line);
  await source.close();
});

test("a request gets the credentials of the longest root that holds its URL, and no other's", () => {
  const { roots } = config(`
mount:
  roots:
    - {path: oss, endpoint: "https://all", accessKeyID: a, accessKeySecret: s}
    - {path: oss/mine, endpoint: "https://mine", accessKeyID: m, accessKeySecret: t}
`).mount;
  const requestFor = requestsFrom(roots);
  assert.equal(requestFor("oss://mine/deep/key").objectStorage?.accessKeyID, "m");
  assert.equal(requestFor("oss://other/key?x=1").objectStorage?.endpoint, "https://all");
  assert.equal(requestFor("OSS://mine").objectStorage?.accessKeyID, "m");
  assert.equal(requestFor("s3://mine/key").objectStorage, undefined);
  assert.deepEqual(requestFor("http://user@host/x"), { url: "http://user@host/x", headers: {} });
});
