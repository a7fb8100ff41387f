/** Goal: proto/gen is never edited by hand and never behind the .proto files. Method: generate again and compare. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { projectRoot } from "../project-root.ts";

/** Path below `folder` → text, for every file. */
function textsBelow(folder: string): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return new Map(files.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}

test("generating the types again changes nothing", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "p2pfs-gen-"));
  t.after(() => rmSync(folder, { recursive: true }));
  await promisify(execFile)("bash", [join(projectRoot(), "scripts/proto-types.sh"), folder]);
  const generated = textsBelow(folder);
  const committed = textsBelow(join(projectRoot(), "proto/gen"));
  assert.ok(generated.has("dfdaemon/v2/DfdaemonDownload.ts"));
  assert.deepEqual([...committed.keys()], [...generated.keys()]);
  for (const [path, text] of generated) assert.equal(committed.get(path), text, path);
});
