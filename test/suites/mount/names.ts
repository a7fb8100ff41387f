/** Promises about names. */
import assert from "node:assert/strict";
import { readFile, readlink, stat } from "node:fs/promises";
import { python, run } from "../../mount/programs.ts";
import { serveMount } from "../../mount/served.ts";
import { failsWith, type PromiseTests } from "./under-test.ts";

export const NAMES: PromiseTests = {
  async "A name is there when its source has it"(t, { binding }) {
    const served = await serveMount(t, { binding });
    await served.tell("addBytes", "a/deep/path/f", "hello");
    const path = served.path("a/deep/path/f");
    assert.equal(await readFile(path, "utf8"), "hello", "without having been listed");
    await assert.rejects(stat(served.path("a/deep/path/g")), failsWith("ENOENT"));
    await assert.rejects(stat(served.path("nothing/g")), failsWith("ENOENT"));
    await assert.rejects(stat(`${path}/below`), failsWith("ENOTDIR"));
    await served.tell("remove", "a/deep/path/f");
    await assert.rejects(stat(path), failsWith("ENOENT"));
    await served.tell("addBytes", "a/deep/path/f", "again");
    assert.equal(await readFile(path, "utf8"), "again");
  },

  async "A name has at most 1,024 bytes"(t, { binding }) {
    const served = await serveMount(t, { binding });
    for (const name of ["n".repeat(255), "n".repeat(256), "n".repeat(1024), "ä".repeat(512)]) {
      await served.tell("addBytes", name, `content of ${name.length}`);
      assert.equal(await readFile(served.path(name), "utf8"), `content of ${name.length}`);
    }
    await served.tell("addBytes", "d/\ufffd", "x");
    await assert.rejects(stat(served.path("n".repeat(1025))), failsWith("ENAMETOOLONG"));
    await assert.rejects(stat(served.path("ä".repeat(513))), failsWith("ENAMETOOLONG"));
    const script = 'print(name_of(lambda: os.stat(os.fsencode(args[0]) + b"/d/\\xff")))';
    assert.equal(await python(script, served.directory), "ENOENT");
  },

  async "A listing has every name once"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const names = Array.from({ length: 10_000 }, (_, n) => `file-${n}`);
    await served.tell(
      "addFiles",
      names.map((name) => `big/${name}`),
      10,
    );
    const strange = [" ", "-rf", "a\nb", "'\"", "zürich.字", "...", "%3Fq=1", "*"];
    await served.tell(
      "addFiles",
      strange.map((name) => `strange/${name}`),
      10,
    );
    await served.tell("addDirectory", "big/sub");
    const listed = await python("print('\\0'.join(sorted(os.listdir(args[0]))))", served.path("big"));
    assert.deepEqual(listed.split("\0"), [...names, "sub"].sort());
    const odd = await python("print('\\0'.join(os.listdir(args[0])))", served.path("strange"));
    assert.deepEqual(odd.split("\0").sort(), [...strange].sort());
    const kinds = `
entries = list(os.scandir(args[0]))
print(sum(e.is_file(follow_symlinks=False) for e in entries), [e.name for e in entries if e.is_dir()])`;
    assert.equal(await python(kinds, served.path("big")), "10000 ['sub']");
    const found = await run("find", served.directory, "-type", "f", "-name", "file-*");
    assert.equal(found.stdout.toString().trim().split("\n").length, 10_000);
    await served.tell("setFault", "list", "big", { code: "UNAVAILABLE", message: "the origin answers 500" });
    assert.equal(await python("print(name_of(lambda: os.listdir(args[0])))", served.path("big")), "EIO");
  },

  async "There are no links"(t, { binding }) {
    const served = await serveMount(t, { binding });
    await served.tell("addBytes", "d/f", "hello");
    await served.tell("addAlias", "second", "d/f");
    await assert.rejects(readlink(served.path("d/f")), failsWith("EINVAL"));
    await assert.rejects(readlink(served.path("d")), failsWith("EINVAL"));
    const [first, second, directory] = await Promise.all(
      ["d/f", "second", "d"].map((name) => stat(served.path(name))),
    );
    assert.deepEqual([first?.nlink, second?.nlink, directory?.nlink], [1, 1, 1]);
    assert.equal(first?.ino, second?.ino);
  },
};
