/** Promises about versions: old bytes, new bytes or an error, never a mix. */
import assert from "node:assert/strict";
import { type FileHandle, lstat, readFile, stat } from "node:fs/promises";
import type { TestContext } from "node:test";
import { patternBytes } from "../../../fs/memory-file.ts";
import { eventually, pythonTalk, run, untilLine } from "../../mount/programs.ts";
import { type Served, serveMount } from "../../mount/served.ts";
import {
  type BindingUnderTest,
  errnoName,
  failsWith,
  MIB,
  openFile,
  type PromiseTests,
  patternDigest,
  sha256,
} from "./under-test.ts";

const [OLD, NEW] = [1, 2];

async function bytesAt(handle: FileHandle, offset: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1000), 0, 1000, offset);
  return buffer.subarray(0, bytesRead);
}

/** An old version of which only the first block is here, open and read, and a newer one at the source. */
async function outdated(
  t: TestContext,
  { binding }: BindingUnderTest,
): Promise<{ served: Served; old: FileHandle; path: string }> {
  const served = await serveMount(t, { binding });
  await served.tell("addFile", "f", 8 * MIB, OLD);
  const path = served.path("f");
  const old = await openFile(t, path);
  assert.deepEqual(await bytesAt(old, 0), patternBytes(OLD, 0, 1000));
  await served.tell("update", "f", 9 * MIB, NEW);
  return { served, old, path };
}

/** Reads all over the file: each place has old bytes or fails. */
async function assertNeverNew(old: FileHandle): Promise<void> {
  for (let offset = 0; offset < 8 * MIB; offset += MIB / 2) {
    const bytes = await bytesAt(old, offset).catch(errnoName);
    if (typeof bytes === "string") assert.match(bytes, /^(EIO|ESTALE)$/);
    else assert.deepEqual(bytes, patternBytes(OLD, offset, 1000), `at ${offset}`);
  }
}

export const VERSIONS: PromiseTests = {
  async "An open file keeps its version"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const size = 4 * MIB;
    await served.tell("addFile", "f", size, OLD, { arrival: "present" });
    const path = served.path("f");
    const old = await openFile(t, path);
    await bytesAt(old, 0);
    const mapping = pythonTalk(
      `import hashlib
f = open(args[0], 'rb'); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); m[0]
step('mapped')
print(hashlib.sha256(m).hexdigest(), os.fstat(f.fileno()).st_size)`,
      path,
    );
    await untilLine(mapping, "mapped");
    await served.tell("update", "f", 6 * MIB, NEW, { present: true });
    await stat(path);
    for (const offset of [0, MIB, 3 * MIB, size - 1000])
      assert.deepEqual(await bytesAt(old, offset), patternBytes(OLD, offset, 1000));
    assert.equal((await bytesAt(old, size)).length, 0, "the old end");
    assert.equal((await old.stat()).size, size);
    mapping.child.stdin?.write("\n");
    const { stdout } = await mapping.ended;
    assert.equal(stdout.toString(), `mapped\n${patternDigest(size, OLD)} ${size}\n`);
  },

  async "A new version is there when the file is opened again"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const path = served.path("f");
    await served.tell("addFile", "f", MIB, 0);
    const sizes = [2 * MIB, 2 * MIB, 10, MIB + 1, 3 * MIB];
    for (let seed = 1; seed <= 25; seed++) {
      const before = await openFile(t, path);
      await before.readFile();
      const size = sizes[seed % sizes.length] ?? 0;
      await served.tell("update", "f", size, seed, { present: seed % 2 === 0 });
      await before.close();
      // At once: the kernel tells of the closing later than close(2) returns.
      const after = await openFile(t, path);
      assert.equal((await after.stat()).size, size, `version ${seed}`);
      assert.equal(sha256(await after.readFile()), patternDigest(size, seed), `version ${seed}`);
      await after.close();
    }
  },

  async "What cannot be had any more is ESTALE"(t, under) {
    const { served, old, path } = await outdated(t, under);
    await assert.rejects(bytesAt(old, 4 * MIB), failsWith("ESTALE"));
    assert.deepEqual(await bytesAt(old, 0), patternBytes(OLD, 0, 1000), "what is here");
    const readers = await Promise.all(Array.from({ length: 4 }, () => run("cat", path)));
    for (const { stdout, stderr } of readers)
      assert.equal(sha256(stdout), patternDigest(9 * MIB, NEW), stderr);
    await assertNeverNew(old);
    await eventually("the name is a file for lstat, too", async () => (await lstat(path)).isFile());
    assert.equal((await stat(path)).size, 9 * MIB);
    const reasons = (await served.tell("failures")).map(({ fields }) => fields.code);
    assert.ok(reasons.includes("CHANGED"), `${reasons}`);

    await served.tell("addFile", "mapped", 8 * MIB, OLD);
    const mapping = pythonTalk(
      `f = open(args[0], 'rb'); m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ); m[0]
step('mapped')
m[4 * 2**20]`,
      served.path("mapped"),
    );
    await untilLine(mapping, "mapped");
    await served.tell("update", "mapped", 8 * MIB, NEW);
    mapping.child.stdin?.write("\n");
    assert.equal((await mapping.ended).signal, "SIGBUS");
  },

  async "Beside an open old version"(t, under) {
    const served = await serveMount(t, under);
    const path = served.path("f");
    await served.tell("addFile", "f", 2 * MIB, OLD, { arrival: "present" });
    const old = await openFile(t, path);
    await served.tell("update", "f", 3 * MIB, NEW);
    const [size, seed] = under.supports.versionsSideBySide ? [3 * MIB, NEW] : [2 * MIB, OLD];
    assert.equal((await stat(path)).size, size);
    assert.equal(sha256(await readFile(path)), patternDigest(size, seed));
    assert.deepEqual(await bytesAt(old, MIB), patternBytes(OLD, MIB, 1000));
    await old.close();
    assert.equal(sha256(await readFile(path)), patternDigest(3 * MIB, NEW));

    const incomplete = await outdated(t, under);
    const digest = sha256(await readFile(incomplete.path));
    assert.equal(digest, patternDigest(9 * MIB, NEW), "without anybody having met ESTALE");
    await assertNeverNew(incomplete.old);
  },
};
