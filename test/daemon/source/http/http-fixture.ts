/** An HTTP source for tests: real names, a small buffer pool, short times; closed with the test. */
import type { TestContext } from "node:test";
import { systemClock } from "../../../../base/clock.ts";
import { BufferPool } from "../../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../../base/limits.ts";
import { HttpSource, type HttpSourceOptions } from "../../../../daemon/source/http/http-source.ts";
import { NameLookup } from "../../../../daemon/source/name-lookup.ts";

export function httpSourceFor(t: TestContext, options: Partial<HttpSourceOptions> = {}): HttpSource {
  const clock = options.clock ?? systemClock;
  const names = options.names ?? new NameLookup({ clock });
  const source = new HttpSource({
    clock,
    names,
    userAgent: "p2pfs/test",
    buffers: new BufferPool(16 * BLOCK_BYTES),
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 5_000,
    idleTimeoutMs: 5_000,
    ...options,
  });
  t.after(async () => {
    await source.close();
    await names.close();
  });
  return source;
}

/** A path of plain names as a URL writes it. */
export function encodedPath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
