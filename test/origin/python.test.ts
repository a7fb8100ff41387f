/** Python's http.server as an origin starts, serves a folder with its index page, and ends. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pythonMissing, startPythonOrigin } from "./python.ts";

test("Python's http.server lists and serves a folder", { skip: pythonMissing() }, async (t) => {
  const root = mkdtempSync(join(tmpdir(), "p2pfs-python-"));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "a b.bin"), "content");
  const origin = await startPythonOrigin(root);
  t.after(() => origin.stop());
  assert.match(await (await fetch(origin.url("/"))).text(), /href="a%20b\.bin"/);
  assert.equal(await (await fetch(origin.url("a%20b.bin"))).text(), "content");
  await origin.stop();
  await origin.stop();
  await assert.rejects(fetch(origin.url("/")));
});
