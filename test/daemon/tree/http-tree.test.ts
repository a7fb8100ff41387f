/** What names below /http are, what they cost, and what stands in for an origin that is down. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { codeOf } from "../../base/promises.ts";
import { TreeWorld } from "./tree-world.ts";

const H = "http://h.example";
const HTML = { body: "<html>", type: "text/html" } as const;
const PAGE = { ...HTML, index: [] };
let world: TreeWorld;

beforeEach(async () => {
  world = await TreeWorld.open();
});
afterEach(() => world.close());

/** A server with one file, and the same answer for everything else. */
function serverWith(elsewhere: TreeWorld["web"]["elsewhere"]): void {
  world.web.pages.set(`${H}/a/b/model.bin`, { body: "weights", etag: '"1"' });
  world.web.elsewhere = elsewhere;
}

describe("cat of a file works on a server that answers every prefix with", () => {
  const servers: [string, TreeWorld["web"]["elsewhere"]][] = [
    ["200 and HTML", () => HTML],
    ["404", () => ({ status: 404 })],
    ["403", () => ({ status: 403 })],
    ["401", () => ({ status: 401 })],
    ["500", () => ({ status: 500 })],
    ["400", () => ({ status: 400 })],
    ["a redirect to the name with a slash", (url) => (url.endsWith("/") ? PAGE : { redirect: `${url}/` })],
  ];
  for (const [what, elsewhere] of servers)
    test(what, async () => {
      serverWith(elsewhere);
      assert.equal(await world.cat("http/h.example/a/b/model.bin"), "weights");
      const asked = world.web.taken();
      assert.deepEqual(asked, [
        `STAT ${H}/a`,
        `STAT ${H}/a/b`,
        `STAT ${H}/a/b/model.bin`,
        `READ ${H}/a/b/model.bin`,
      ]);
      assert.equal(await world.cat("http/h.example/a/b/model.bin"), "weights");
      assert.deepEqual(world.web.taken(), [], "what was found is not asked again");
    });
});

describe("a name without an extension", () => {
  test("is a file when its answer has a length or ranges and is not HTML", async () => {
    world.web.pages.set(`${H}/README`, { body: "read me", type: "text/plain" });
    world.web.pages.set(`${H}/ranged`, { body: "x", tellsLength: false, ranges: true });
    world.web.pages.set(`${H}/empty`, { body: "" });
    for (const name of ["README", "ranged", "empty"])
      assert.equal(await world.kind(`http/h.example/${name}`), "file");
    assert.equal(await world.cat("http/h.example/README"), "read me");
  });

  test("is a directory when its answer is HTML, a redirect to the name with a slash, or a stream without a length", async () => {
    world.web.pages.set(`${H}/html`, HTML);
    world.web.pages.set(`${H}/slash`, { redirect: `${H}/slash/` });
    world.web.pages.set(`${H}/slash/`, { body: "not html", type: "text/plain" });
    world.web.pages.set(`${H}/stream`, { body: "x", tellsLength: false });
    for (const name of ["html", "slash", "stream"])
      assert.equal(await world.kind(`http/h.example/${name}`), "directory");
  });

  test("is a directory that lists empty when its answer is an error", async () => {
    for (const status of [401, 403, 404, 410]) {
      world.web.elsewhere = () => ({ status });
      assert.equal(await world.kind(`http/h.example/d${status}`), "directory");
      assert.deepEqual(await world.ls(`http/h.example/d${status}`), []);
    }
  });

  test("is EIO when nothing answers and nothing was ever found below it", async () => {
    world.web.weather = "refused";
    assert.equal(await world.kind("http/h.example/README"), "EIO");
  });
});

describe("a name with an extension", () => {
  test("is ENOENT for 404 and 410, EACCES for 401 and 403, EIO for 5xx and refused connections", async () => {
    const errnos: [number, string][] = [
      [404, "ENOENT"],
      [410, "ENOENT"],
      [401, "EACCES"],
      [403, "EACCES"],
      [500, "EIO"],
      [503, "EIO"],
      [400, "EIO"],
    ];
    for (const [status, errno] of errnos) {
      world.web.elsewhere = () => ({ status });
      assert.equal(await world.kind(`http/h.example/x${status}.bin`), errno, String(status));
    }
    world.web.weather = "refused";
    assert.equal(await world.kind("http/h.example/y.bin"), "EIO");
  });

  test("is a directory only when its answer is HTML or redirects to the name with a slash", async () => {
    world.web.pages.set(`${H}/v1.html5`, HTML);
    world.web.pages.set(`${H}/conf.d`, { redirect: `${H}/conf.d/` });
    world.web.pages.set(`${H}/conf.d/`, HTML);
    world.web.pages.set(`${H}/other.bin`, { redirect: "http://cdn.example/blob" });
    world.web.pages.set("http://cdn.example/blob", { body: "blob" });
    assert.equal(await world.kind("http/h.example/v1.html5"), "directory");
    assert.equal(await world.kind("http/h.example/conf.d"), "directory");
    assert.equal(await world.kind("http/h.example/other.bin"), "file");
  });

  test("says in its error which URL answered what, without the URL's secrets", async () => {
    world.web.elsewhere = () => ({ status: 503 });
    await assert.rejects(world.find("http/h.example/m.bin%3Fsig=hush"), (error: Error) => {
      assert.match(error.message, /http:\/\/h\.example\/m\.bin/);
      assert.match(error.message, /503/);
      assert.doesNotMatch(error.message, /hush/);
      return true;
    });
  });
});

describe("a page", () => {
  test("whose name ends in .html or .htm is a file", async () => {
    world.web.pages.set(`${H}/index.html`, HTML);
    world.web.pages.set(`${H}/a.HTM`, HTML);
    assert.equal(await world.cat("http/h.example/index.html"), "<html>");
    assert.equal(await world.kind("http/h.example/a.HTM"), "file");
    assert.equal(await world.kind("http/h.example/missing.html"), "ENOENT");
  });

  test("is read by name@file, and the page of a directory by @file alone", async () => {
    world.web.pages.set(`${H}/download`, HTML);
    world.web.pages.set(`${H}/dir/`, { body: "home", type: "text/html" });
    assert.equal(await world.kind("http/h.example/download"), "directory");
    assert.equal(await world.cat("http/h.example/download@file"), "<html>");
    assert.equal(await world.cat("http/h.example/dir/@file"), "home");
    assert.equal(await world.kind("http/h.example/missing@file"), "ENOENT");
    world.web.elsewhere = () => ({ status: 403 });
    assert.equal(await world.kind("http/h.example/secret@file"), "EACCES");
  });
});

describe("a host", () => {
  test("is a directory without asking, and a name that can be none is ENOENT without asking", async () => {
    assert.equal(await world.kind("http/any.example:8080"), "directory");
    for (const name of [".git", "a b", "user@host", "host:0", "autorun..inf"])
      assert.equal(await world.kind(`http/${name}`), "ENOENT", name);
    assert.deepEqual(world.web.taken(), []);
  });

  test("is listed once something was found below it, also after a restart", async () => {
    world.web.pages.set(`${H}/a.bin`, { body: "a" });
    assert.deepEqual(await world.ls("http"), []);
    await world.kind("http/h.example/a.bin");
    await world.kind("http/typo.example/a.bin");
    assert.deepEqual(await world.ls("http"), ["h.example"]);
    await world.restart();
    world.web.taken();
    assert.deepEqual(await world.ls("http"), ["h.example"]);
    assert.deepEqual(await world.ls("https"), []);
    assert.deepEqual(world.web.taken(), []);
  });

  test("with the scheme's own port is another name of the same task", async () => {
    world.web.pages.set(`${H}/a.bin`, { body: "a" });
    await world.cat("http/h.example/a.bin");
    await world.cat("http/h.example:80/a.bin");
    await world.cat("http/H.EXAMPLE/a.bin");
    assert.equal((await world.ls("task")).length, 1);
  });
});

describe("a query", () => {
  test("is part of the name, in one component or over several", async () => {
    world.web.pages.set(`${H}/get?file=m.bin&v=a%2Fb`, { body: "one" });
    world.web.pages.set(`${H}/get?path=x/y.bin`, { body: "two" });
    assert.equal(await world.cat("http/h.example/get%3Ffile=m.bin&v=a%252Fb@file"), "one");
    assert.equal(await world.cat("http/h.example/get%3Fpath=x%2Fy.bin"), "two");
    assert.equal(await world.cat("http/h.example/get%3Fpath=x/y.bin"), "two");
  });
});

describe("bad names", () => {
  test("longer than 1,024 bytes, or paths longer than a URL may be, are ENAMETOOLONG without asking", async () => {
    assert.equal(await world.kind(`http/h.example/${"é".repeat(513)}`), "ENAMETOOLONG");
    const long = "x".repeat(1000);
    const node = { key: `/http/h.example/${Array(8).fill(long).join("/")}/`, kind: "directory" } as const;
    assert.equal(await codeOf(world.tree.lookup(node, "y".repeat(300))), "NAME_TOO_LONG");
    assert.deepEqual(world.web.taken(), []);
    assert.equal(await world.kind(`http/h.example/${"x".repeat(1020)}.bin`), "ENOENT");
  });

  test("that no URL holds are ENOENT without asking", async () => {
    for (const name of ["%2e%2e", "%2E", "a%2F..%2Fb", "\ud800"])
      assert.equal(await world.kind(`http/h.example/${name}`), "ENOENT", name);
    assert.deepEqual(world.web.taken(), []);
  });
});

describe("an index page", () => {
  const lines = [
    { href: "sub/" },
    { href: "a%20b.bin", size: 3, modifiedAtMs: 1_600_000_020_000 },
    { href: "100%25.bin", size: 4, modifiedAtMs: 1_600_000_020_000 },
    { href: "README", size: 5, modifiedAtMs: 1_600_000_020_000 },
    { href: "rounded.bin" },
    { href: "NOSIZE" },
  ];
  beforeEach(() => {
    world.web.pages.set(`${H}/d/`, { ...HTML, index: lines });
    world.web.pages.set(`${H}/d`, { redirect: `${H}/d/` });
    world.web.pages.set(`${H}/d/a%20b.bin`, {
      body: "abc",
      lastModified: "Sun, 13 Sep 2020 12:27:45 GMT",
      etag: '"e"',
    });
    world.web.pages.set(`${H}/d/100%25.bin`, { body: "1234" });
    world.web.pages.set(`${H}/d/README`, { body: "12345" });
    world.web.pages.set(`${H}/d/rounded.bin`, { body: "123456" });
    world.web.pages.set(`${H}/d/NOSIZE`, { body: "1234567" });
  });

  test("gives the listing, and what it proves is not asked again", async () => {
    assert.deepEqual(await world.entries("http/h.example/d"), [
      { name: "sub", kind: "directory" },
      { name: "a b.bin", kind: "file" },
      { name: "100%.bin", kind: "file" },
      { name: "README", kind: "file" },
      { name: "rounded.bin", kind: "file" },
      { name: "NOSIZE", kind: "file" },
    ]);
    world.web.taken();
    assert.equal(await world.kind("http/h.example/d/sub"), "directory");
    assert.equal(await world.size("http/h.example/d/a b.bin"), 3);
    assert.equal(await world.size("http/h.example/d/a%20b.bin"), 3);
    assert.equal(await world.size("http/h.example/d/100%.bin"), 4);
    assert.equal(await world.size("http/h.example/d/README"), 5);
    assert.deepEqual(world.web.taken(), []);
  });

  test("that tells no sizes leaves them to the files, asked once", async () => {
    await world.ls("http/h.example/d");
    world.web.taken();
    assert.equal(await world.size("http/h.example/d/rounded.bin"), 6);
    assert.equal(await world.size("http/h.example/d/NOSIZE"), 7);
    assert.equal(await world.size("http/h.example/d/rounded.bin"), 6);
    assert.deepEqual(world.web.taken(), [`STAT ${H}/d/rounded.bin`, `STAT ${H}/d/NOSIZE`]);
  });

  test("is believed of a file's size until the file is opened; then the file's own answer holds", async () => {
    world.web.pages.set(`${H}/d/README`, { body: "now longer", etag: '"2"' });
    await world.ls("http/h.example/d");
    const node = await world.node("http/h.example/d/README");
    assert.equal((await world.tree.attributes(node)).size, 5);
    const content = await world.tree.open(node);
    assert.equal(content.attributes.size, 10);
    await content.close();
    assert.equal((await world.tree.attributes(node)).size, 10);
    assert.equal((await world.tree.attributes(node)).version, content.attributes.version);
  });

  test("read again spares the requests for files it still agrees with, and asks for those it does not", async () => {
    const path = "http/h.example/d/a b.bin";
    const node = await world.node(path);
    const { version } = await world.tree.attributes(node);
    world.clock.advance(11_000);
    await world.ls("http/h.example/d");
    world.web.taken();
    assert.equal((await world.tree.attributes(node)).version, version);
    assert.deepEqual(world.web.taken(), []);
    world.clock.advance(11_000);
    world.web.pages.set(`${H}/d/`, {
      ...HTML,
      index: [{ href: "a%20b.bin", size: 9, modifiedAtMs: 1_700_000_000_000 }],
    });
    world.web.pages.set(`${H}/d/a%20b.bin`, { body: "123456789", etag: '"f"' });
    await world.ls("http/h.example/d");
    assert.notEqual((await world.tree.attributes(node)).version, version);
    assert.equal((await world.tree.attributes(node)).size, 9);
  });

  test("does not hide what it does not list", async () => {
    world.web.pages.set(`${H}/d/hidden.bin`, { body: "x" });
    await world.ls("http/h.example/d");
    assert.equal(await world.kind("http/h.example/d/hidden.bin"), "file");
  });

  test("is asked once within the attribute time-out, whoever lists", async () => {
    await world.node("http/h.example/d");
    world.web.taken();
    await Promise.all([
      world.ls("http/h.example/d"),
      world.ls("http/h.example/d"),
      world.ls("http/h.example/d"),
    ]);
    await world.ls("http/h.example/d");
    assert.deepEqual(world.web.taken(), [`LIST ${H}/d/`]);
    world.clock.advance(10_000);
    await world.ls("http/h.example/d");
    assert.ok(world.web.taken().includes(`LIST ${H}/d/`));
  });

  test("that cannot be had now is EIO, not an empty directory", async () => {
    const node = await world.node("http/h.example/d");
    for (const weather of ["refused", 503] as const) {
      world.web.weather = weather;
      const listing = async () => {
        for await (const _ of world.tree.list(node));
      };
      assert.match(await codeOf(listing()), /UNAVAILABLE|SOURCE_FAILED/);
    }
  });
});

test("an index of 10,000 files is listed and stat'ed with one request", async () => {
  const index = Array.from({ length: 10_000 }, (_, i) => ({
    href: `shard-${i}.bin`,
    size: i,
    modifiedAtMs: 1_600_000_000_000,
  }));
  world.web.pages.set(`${H}/big/`, { ...HTML, index });
  world.web.pages.set(`${H}/big`, { redirect: `${H}/big/` });
  const names = await world.ls("http/h.example/big");
  assert.equal(names.length, 10_000);
  const directory = await world.node("http/h.example/big");
  for (const [i, name] of names.entries()) {
    const node = await world.tree.lookup(directory, name);
    assert.ok(node !== undefined);
    assert.equal((await world.tree.attributes(node)).size, i);
  }
  assert.deepEqual(world.web.taken(), [`STAT ${H}/big`, `LIST ${H}/big/`]);
});

test("a file whose server tells no length is not fetched for a program that may fetch nothing", async () => {
  world.web.pages.set(`${H}/unsized.bin`, { body: "0123456789", tellsLength: false });
  world.web.pages.set(`${H}/sized.bin`, { body: "0123456789" });
  const unsized = await world.node("http/h.example/unsized.bin");
  const sized = await world.node("http/h.example/sized.bin");
  const never = async () => false;
  world.web.taken();
  await assert.rejects(world.tree.attributes(unsized, undefined, never), { code: "PERMISSION" });
  assert.equal((await world.tree.attributes(sized, undefined, never)).size, 10);
  assert.deepEqual(
    world.web.taken().filter((request) => request.startsWith("READ")),
    [],
  );
  assert.equal(await world.tree.isHere(unsized), false);
  assert.equal((await world.tree.attributes(unsized, undefined, async () => true)).size, 10);
  // Known by now, as long as the answer is believed.
  assert.equal((await world.tree.attributes(unsized, undefined, never)).size, 10);
});

test("a file is here once all of it is, and no origin is asked for that", async () => {
  world.web.pages.set(`${H}/whole.bin`, { body: "0123456789" });
  const node = await world.node("http/h.example/whole.bin");
  assert.equal(await world.tree.isHere(node), false);
  assert.equal(await world.cat("http/h.example/whole.bin"), "0123456789");
  world.web.taken();
  assert.equal(await world.tree.isHere(node), true);
  assert.deepEqual(world.web.taken(), []);
});

test("a file whose server tells no length is fetched once at its first stat, and has its true size", async () => {
  world.web.pages.set(`${H}/stream.bin`, { body: "0123456789", tellsLength: false });
  const node = await world.node("http/h.example/stream.bin");
  const sizes = await Promise.all([world.tree.attributes(node), world.tree.attributes(node)]);
  assert.deepEqual(
    sizes.map(({ size }) => size),
    [10, 10],
  );
  assert.equal(await world.cat("http/h.example/stream.bin"), "0123456789");
  const content = await world.tree.open(node);
  assert.equal(content.attributes.version, (await world.tree.attributes(node)).version);
  await content.close();
  assert.deepEqual(world.web.taken(), [`STAT ${H}/stream.bin`, `READ ${H}/stream.bin`]);
});

describe("a changed file", () => {
  test("has another version once the attribute time-out is over, and opens with the new bytes", async () => {
    const url = `${H}/m.bin`;
    world.web.pages.set(url, { body: "old", etag: '"1"' });
    const node = await world.node("http/h.example/m.bin");
    const before = await world.tree.attributes(node);
    assert.equal(await world.cat("http/h.example/m.bin"), "old");
    world.web.pages.set(url, { body: "newer", etag: '"2"' });
    assert.equal((await world.tree.attributes(node)).version, before.version);
    world.clock.advance(10_000);
    const after = await world.tree.attributes(node);
    assert.notEqual(after.version, before.version);
    assert.equal(after.size, 5);
    assert.equal(await world.cat("http/h.example/m.bin"), "newer");
  });

  test("is the same version for its name and for those who have it open, whatever else the server tells anew", async () => {
    const url = `${H}/m.bin`;
    const answers = [
      { etag: 'W/"1"', lastModified: "Sun, 13 Sep 2020 12:27:45 GMT" },
      { etag: 'W/"1"', lastModified: "Sun, 13 Sep 2020 12:27:46 GMT" },
      { lastModified: "Sun, 13 Sep 2020 12:27:45 GMT" },
      {},
    ];
    world.web.pages.set(url, { body: "same", ...answers[0] });
    const node = await world.node("http/h.example/m.bin");
    const content = await world.tree.open(node);
    for (const validators of answers) {
      world.web.pages.set(url, { body: "same", ...validators });
      world.clock.advance(10_000);
      assert.equal((await world.tree.attributes(node)).version, content.attributes.version);
    }
    await content.close();
  });

  test("that is gone is no file any more", async () => {
    world.web.pages.set(`${H}/m.bin`, { body: "old" });
    const node = await world.node("http/h.example/m.bin");
    await world.tree.attributes(node);
    world.web.pages.clear();
    world.clock.advance(10_000);
    assert.equal(await codeOf(world.tree.attributes(node)), "NOT_FOUND");
    assert.equal(await world.kind("http/h.example/m.bin"), "ENOENT");
    world.web.pages.set(`${H}/m.bin`, { body: "back" });
    assert.equal(await world.kind("http/h.example/m.bin"), "ENOENT", "absence is believed for a second");
    world.clock.advance(1_000);
    assert.equal(await world.kind("http/h.example/m.bin"), "file");
  });

  test("that was a directory becomes a file one lookup after the origin says so", async () => {
    serverWith(() => ({ status: 404 }));
    await world.cat("http/h.example/a/b/model.bin");
    world.web.pages.set(`${H}/a`, { body: "a file now" });
    world.clock.advance(10_000);
    assert.equal(await world.kind("http/h.example/a"), "directory");
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await world.kind("http/h.example/a"), "file");
  });
});
