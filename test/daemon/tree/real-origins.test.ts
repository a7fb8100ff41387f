/** The tree over real servers on loopback: what it asks, by their own logs, and what it shows. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { fixedContent } from "../../origin/content.ts";
import { startMisbehavingOrigin } from "../../origin/misbehaving.ts";
import { nginxMissing, startNginx } from "../../origin/nginx.ts";
import { pythonMissing, startPythonOrigin } from "../../origin/python.ts";
import { httpSourceFor } from "../source/http/http-fixture.ts";
import { TreeWorld } from "./tree-world.ts";

// The system clock's timers do not keep a process alive; waiting for them is part of this.
const alive = setInterval(() => {}, 1_000);
after(() => clearInterval(alive));

async function httpWorld(t: TestContext): Promise<TreeWorld> {
  const source = httpSourceFor(t, { maxRetries: 0 });
  const world = await TreeWorld.open({ sourceOf: () => source, clock: systemClock });
  t.after(() => world.close());
  return world;
}

const HTML = {
  contentType: "text/html; charset=utf-8",
  content: fixedContent("<html><body>hello</body></html>"),
};
const WEIGHTS = { content: fixedContent("weights"), etag: '"1"' };

for (const [what, behaviour] of [
  ["200 and HTML", HTML],
  ["404", { ...HTML, status: 404 }],
  ["403", { ...HTML, status: 403 }],
  ["500", { ...HTML, status: 500 }],
] as const)
  test(`cat works on a real server that answers every prefix with ${what}`, async (t) => {
    const origin = await startMisbehavingOrigin();
    t.after(() => origin.stop());
    origin.serve("*", behaviour);
    origin.serve("/a/b/model.bin", WEIGHTS);
    const world = await httpWorld(t);
    assert.equal(await world.cat(`http/${origin.host}/a/b/model.bin`), "weights");
    assert.deepEqual(
      await world.ls(`http/${origin.host}/a`).catch((error: { errno?: string }) => [error.errno]),
      what === "500" ? ["EIO"] : [],
    );
    const paths = origin.requests.map(({ path }) => path);
    assert.deepEqual(paths.slice(0, 3), ["/a", "/a/b", "/a/b/model.bin"]);
  });

test("a real page is read by name@file, and by a name that ends in .html", async (t) => {
  const origin = await startMisbehavingOrigin();
  t.after(() => origin.stop());
  origin.serve("/download", HTML);
  origin.serve("/index.html", HTML);
  const world = await httpWorld(t);
  assert.equal(await world.kind(`http/${origin.host}/download`), "directory");
  for (const name of ["download@file", "index.html"])
    assert.match(await world.cat(`http/${origin.host}/${name}`), /hello/);
  await world.tree.links.link({ url: origin.url("/download"), name: "page" });
  assert.match(await world.cat("url/page"), /hello/);
});

test("a real server that tells no length gives a file of its true size, fetched once", async (t) => {
  const origin = await startMisbehavingOrigin();
  t.after(() => origin.stop());
  origin.serve("/stream.bin", { content: fixedContent("0123456789"), framing: "chunked", ranges: "ignored" });
  const world = await httpWorld(t);
  assert.equal(await world.size(`http/${origin.host}/stream.bin`), 10);
  assert.equal(await world.cat(`http/${origin.host}/stream.bin`), "0123456789");
  assert.equal(origin.requestsOf("/stream.bin").length, 2, "one question, one read");
});

test("odd names of a real server's index are read by the names shown", {
  skip: pythonMissing(),
}, async (t) => {
  const root = await mkdtemp(join(tmpdir(), "p2pfs-tree-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const names = [
    "plain.bin",
    "a b",
    "100%",
    "a%2Fb",
    "q?x=1",
    "#hash",
    "größe.bin",
    "x@file",
    "a+b&c;d",
    "quote'\"",
    "%41",
  ];
  for (const name of names) await writeFile(join(root, name), `bytes of ${name}`);
  await mkdir(join(root, "sub.d"));
  await writeFile(join(root, "sub.d", "README"), "read me");
  const origin = await startPythonOrigin(root);
  t.after(() => origin.stop());
  const world = await httpWorld(t);
  const host = `http/127.0.0.1:${origin.port}`;
  const listed = await world.entries(host);
  assert.equal(listed.length, names.length + 1);
  const bytes: string[] = [];
  for (const { name, kind } of listed) if (kind === "file") bytes.push(await world.cat(`${host}/${name}`));
  assert.deepEqual(bytes.sort(), names.map((name) => `bytes of ${name}`).sort());
  assert.equal(await world.cat(`${host}/sub.d/README`), "read me");
});

test("2,000 files of a real index with sizes are listed and stat'ed by one request", {
  skip: nginxMissing(),
}, async (t) => {
  const nginx = await startNginx({ autoindex: true });
  t.after(() => nginx.stop());
  for (let i = 0; i < 2_000; i += 1) await writeFile(join(nginx.root, `f${i}.bin`), "x".repeat(i % 10));
  const world = await httpWorld(t);
  const host = `http/${nginx.host}`;
  const names = await world.ls(host);
  assert.equal(names.length, 2_000);
  for (const name of names)
    assert.equal(await world.size(`${host}/${name}`), Number(/\d+/.exec(name)?.[0]) % 10);
  assert.equal((await nginx.log()).length, 1);
  assert.equal(await world.cat(`${host}/f7.bin`), "xxxxxxx");
});
