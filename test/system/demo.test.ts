/** `npm run demo` as built: it shows what it says, and leaves nothing, whenever it is interrupted. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { nginxMissing } from "../origin/nginx.ts";
import { projectRoot } from "../project-root.ts";
import { clusterMissing } from "./cluster.ts";
import { mountMissing } from "./daemon.ts";
import { output, start } from "./processes.ts";
import { scopeOf } from "./scope.ts";

const DEMO = [process.execPath, join(projectRoot(), "dist/scripts/demo.js")];

/** The runner gives each test file a temporary folder of its own, and looks for processes and mounts that are left. */
function leftFiles(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("p2pfs-"));
}

describe("the demo", { skip: nginxMissing() || mountMissing() }, () => {
  test("reads a tensor, then the file, copies it, tells where every byte came from, and leaves nothing", async () => {
    const before = leftFiles();
    const said = await output(DEMO);
    const hosts = clusterMissing() === false ? 3 : 0;
    assert.equal(said.match(/as the origin's/g)?.length, 3 + hosts, said);
    assert.equal(said.match(/^ +peer-[123] .* from the other hosts, in TLS$/gm)?.length ?? 0, hosts, said);
    for (const words of [
      /^origin .*nginx/m,
      /^tensor .*BF16/m,
      /^dfget .*copied/m,
      /bytes_from_source|from the source/,
    ]) {
      assert.match(said, words);
    }
    assert.deepEqual(leftFiles(), before);
  });

  for (const line of ["mount", "tensor", "dfget"]) {
    test(`ended after it said "${line}", it leaves nothing`, async (t) => {
      const before = leftFiles();
      const demo = start(scopeOf(t), DEMO);
      while (!(await demo.line()).startsWith(line));
      await demo.stop("SIGINT");
      assert.deepEqual(leftFiles(), before);
    });
  }
});
