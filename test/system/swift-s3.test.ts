/**
 * The S3 source against a real S3 server: OpenStack Swift's S3 API, from Debian's python3-swift, which checks signatures
 * strictly. Nothing of Swift was written with us in mind.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { BufferPool } from "../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { NameLookup } from "../../daemon/source/name-lookup.ts";
import { objectUrl } from "../../daemon/source/object-store/object-url.ts";
import { pathAt, urlAt } from "../../daemon/source/object-store/store-address.ts";
import { signS3 } from "../../daemon/source/s3/s3-signer.ts";
import { s3Source } from "../../daemon/source/s3/s3-source.ts";
import type { ObjectStorageOptions, Source } from "../../daemon/source/source.ts";
import { projectRoot } from "../project-root.ts";
import { never, sourceSuite } from "../suites/source-suite.ts";

/** Debian's own: its packages are not seen by others. */
const PYTHON = "/usr/bin/python3";
const CREDENTIALS = { accessKeyID: "test:tester", accessKeySecret: "testing" };
const REGION = "us-east-1";

function missing(): string | undefined {
  const probe = spawnSync(PYTHON, ["-c", "import eventlet, swift"]);
  return probe.status === 0 ? undefined : "Debian's package python3-swift is not installed";
}

class Swift {
  readonly folder = mkdtempSync(join(tmpdir(), "p2pfs-swift-"));
  #process: ChildProcess | undefined;
  #buckets = 0;
  port = 0;

  async start(): Promise<void> {
    const script = join(projectRoot(), "test/system/swift-s3.py");
    const child = spawn(PYTHON, [script, this.folder], { stdio: ["pipe", "pipe", "inherit"] });
    this.#process = child;
    const [said] = await Promise.race([
      once(child.stdout, "data"),
      once(child, "exit").then(([status]) => assert.fail(`Swift ended with ${status}`)),
    ]);
    this.port = Number(String(said).trim());
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, "exit");
      child.stdin?.end();
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  get storage(): ObjectStorageOptions {
    return { ...CREDENTIALS, endpoint: `http://127.0.0.1:${this.port}`, region: REGION };
  }

  /** A new bucket and its name. */
  async bucket(): Promise<string> {
    const name = `bucket-${++this.#buckets}`;
    await this.send("PUT", name, "");
    return name;
  }

  async send(method: "PUT" | "DELETE", bucket: string, key: string, body?: Buffer): Promise<void> {
    const address = { secure: false, host: `127.0.0.1:${this.port}`, pathPrefix: `/${bucket}` };
    const path = pathAt(address, key);
    const headers = await signS3(
      // The payload is left unsigned, as over TLS.
      { method, secure: true, host: address.host, path, query: {}, headers: {} },
      { credentials: CREDENTIALS, region: REGION, nowMs: Date.now() },
    );
    const answer = await fetch(urlAt(address, path), { method, headers, body: body ?? null });
    assert.ok(answer.ok, `${method} of ${bucket}/${key}: ${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer().catch(() => {});
  }
}

function sourceFor(t: TestContext): Source {
  const names = new NameLookup({ clock: systemClock });
  const buffers = new BufferPool(16 * BLOCK_BYTES);
  const source = s3Source({ clock: systemClock, names, userAgent: "p2pfs/test", buffers, maxRetries: 0 });
  t.after(async () => {
    await source.close();
    await names.close();
  });
  return source;
}

const skip = missing();

describe("a real S3 server", { skip: skip ?? false }, () => {
  const swift = new Swift();
  before(() => swift.start());
  after(() => swift.stop());

  sourceSuite("s3 on OpenStack Swift", async (t) => {
    const bucket = await swift.bucket();
    return {
      source: sourceFor(t),
      url: (path) => objectUrl("s3", { bucket, key: path }),
      put: (path, bytes) => swift.send("PUT", bucket, path, bytes),
      remove: (path) => swift.send("DELETE", bucket, path),
      request: { objectStorage: swift.storage },
    };
  });

  test("a wrong secret is refused by its name, a wrong region is corrected", async (t) => {
    const bucket = await swift.bucket();
    await swift.send("PUT", bucket, "key", Buffer.from("content"));
    const source = sourceFor(t);
    const request = { url: `s3://${bucket}/key`, headers: {}, objectStorage: swift.storage };
    const wrongSecret = { ...swift.storage, accessKeySecret: "wrong" };
    await assert.rejects(source.stat({ ...request, objectStorage: wrongSecret }, never), {
      code: "PERMISSION",
      message: /403 SignatureDoesNotMatch/,
    });
    const wrongRegion = { ...swift.storage, region: "eu-west-1" };
    const stat = await source.stat({ ...request, objectStorage: wrongRegion }, never);
    assert.equal(stat.length, 7);
  });
});
