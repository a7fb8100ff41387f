/** Bytes are the same however they are read, and of one version: after a change old bytes or ESTALE, never a mix. */
import assert from "node:assert/strict";
import { type NginxOrigin, startNginx } from "../../origin/nginx.ts";
import { type DaemonProcess, mountedDaemon, readerWords, until } from "../daemon.ts";
import { output, type Running, run, sha256, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatBytes, MIB } from "./figures.ts";
import { writeLarge } from "./origin-files.ts";

export interface VersionsSize {
  readonly fileBytes: number;
}

const READ_MS = 600_000;

/** mmap forwards, mmap backwards page by page, and O_DIRECT, each on a cold file of its own. */
export async function showReadersAgree(scope: Scope, size: VersionsSize): Promise<Figures> {
  const origin = await startNginx();
  scope.after(() => origin.stop());
  const daemon = await mountedDaemon(scope);
  const cold = async (name: string, seed: number) => {
    const file = await writeLarge(origin, { name, bytes: size.fileBytes, seed });
    return { file, mounted: daemon.path(origin.url(name)) };
  };
  const mapped = await cold("mapped.bin", 1);
  assert.equal(
    await output(readerWords("mapped", mapped.mounted), { timeoutMs: READ_MS }),
    await sha256(mapped.file),
  );
  const backwards = await cold("backwards.bin", 2);
  assert.equal(
    await output(readerWords("mapped-backwards", backwards.mounted), { timeoutMs: READ_MS }),
    await output(readerWords("mapped-backwards", backwards.file)),
  );
  const direct = await cold("direct.bin", 3);
  const script = 'set -o pipefail; dd if="$1" iflag=direct bs=1M status=none | sha256sum';
  const digest = await output(["bash", "-c", script, "bash", direct.mounted], { timeoutMs: READ_MS });
  assert.equal(digest.split(" ")[0], await sha256(direct.file));
  return { "mmap, mmap backwards, O_DIRECT": `same bytes, 3 x ${formatBytes(size.fileBytes)}` };
}

interface Answer {
  readonly ms: number;
  readonly text: string;
}

async function step(reader: Running, line: string): Promise<Answer> {
  const [ms, text = ""] = (await reader.ask(line)).split(" ");
  return { ms: Number(ms), text };
}

/** A file rewritten while a handle reads it: what the handle still gives, and what a new open gives. */
export async function showRewrite(scope: Scope, size: VersionsSize): Promise<Figures> {
  const origin = await startNginx();
  scope.after(() => origin.stop());
  // A second, so that the test need not wait for the default of ten.
  const daemon = await mountedDaemon(scope, { config: { mount: { attributeTimeout: "1s" } } });
  const old = await writeLarge(origin, { name: "model.bin", bytes: size.fileBytes, seed: 1 });
  const before = start(scope, readerWords("steps", old));
  const reader = start(scope, readerWords("steps", daemon.path(origin.url("model.bin"))));
  // Held open here, the origin's old file stays readable after its name was given to the new one.
  await step(before, "open");
  await step(reader, "open");
  const places = [0, 0.5, 0.25, 0.9, 0.1, 0.75].map(
    (part) => Math.floor((part * size.fileBytes) / MIB) * MIB,
  );
  const outcomes: string[] = [];
  for (const [n, offset] of places.entries()) {
    if (n === 2) await writeLarge(origin, { name: "model.bin", bytes: size.fileBytes, seed: 2 });
    const { text } = await step(reader, `read ${offset} ${MIB}`);
    const { text: expected } = await step(before, `read ${offset} ${MIB}`);
    if (text !== "ESTALE") assert.equal(text, expected, `at ${offset}: the old bytes or ESTALE`);
    if (n < 2) assert.equal(text, expected, "before the change");
    outcomes.push(text === "ESTALE" ? "ESTALE" : "old bytes");
  }
  const expected = await sha256(`${origin.root}/model.bin`);
  const reopened = async () => (await run(["sha256sum", daemon.path(origin.url("model.bin"))])).stdout;
  // Who was told ESTALE finds the new file at once; else the change is noticed within the attribute time-out.
  if (outcomes.includes("ESTALE"))
    assert.ok((await reopened()).startsWith(expected), "the new bytes on re-open");
  else await until("the new bytes on re-open", async () => (await reopened()).startsWith(expected), 3000);
  return { "read in mid-rewrite": outcomes.slice(2).join(", "), "re-opened": "the new bytes" };
}

export interface OriginDownSize {
  readonly fileCount: number;
  readonly fileBytes: number;
}

/** Longest an open may take while the origin is down, ms. */
const OPEN_WHILE_DOWN_MS_MAX = 2_000;

async function treeDigest(folder: string): Promise<string> {
  const script = 'cd -- "$1" && find . -type f | sort | while read -r name; do sha256sum "$name"; done';
  return output(["bash", "-c", script, "bash", folder], { timeoutMs: READ_MS });
}

/** Opens each file in turn; resolves to the longest that took, ms. */
async function slowestOpenMs(scope: Scope, daemon: DaemonProcess, urls: readonly string[]): Promise<number> {
  let slowest = 0;
  for (const url of urls) {
    const reader = start(scope, readerWords("steps", daemon.path(url)));
    const { ms, text } = await step(reader, "open");
    assert.equal(text, "open", `${url} while the origin is down`);
    assert.ok(ms < OPEN_WHILE_DOWN_MS_MAX, `open of ${url} took ${ms} ms`);
    slowest = Math.max(slowest, ms);
    await reader.finish();
  }
  return slowest;
}

/** A way in which an origin can be down, and how it comes back. */
export interface Outage {
  readonly name: string;
  begin(origin: NginxOrigin): Promise<() => Promise<void>>;
}

/** Complete trees list, open and hash right while their origin is down, after a restart of the daemon too. */
export async function showOriginDown(scope: Scope, size: OriginDownSize, outage: Outage): Promise<Figures> {
  const origin = await startNginx({ autoindex: true });
  scope.after(() => origin.stop());
  const names = Array.from({ length: size.fileCount }, (_, n) => `tree/part-${n % 3}/file-${n}.bin`);
  for (const [n, name] of names.entries()) await writeLarge(origin, { name, bytes: size.fileBytes, seed: n });
  const daemon = await mountedDaemon(scope, { config: { mount: { attributeTimeout: "100ms" } } });
  const tree = daemon.path(origin.url("tree"));
  const expected = await treeDigest(`${origin.root}/tree`);
  assert.equal(await treeDigest(tree), expected, "while the origin is up");
  const urls = names.map((name) => origin.url(name));
  const end = await outage.begin(origin);
  try {
    const running = await slowestOpenMs(scope, daemon, urls);
    assert.equal(await treeDigest(tree), expected, "while the origin is down");
    await daemon.stop();
    await daemon.start();
    await daemon.mount();
    const restarted = await slowestOpenMs(scope, daemon, urls);
    assert.equal(await treeDigest(tree), expected, "while the origin is down, after a restart");
    return {
      "tree of": `${size.fileCount} files, ${outage.name}: hashes right`,
      "slowest open": `${running.toFixed(0)} ms; after a restart of the daemon ${restarted.toFixed(0)} ms`,
    };
  } finally {
    await end();
  }
}
