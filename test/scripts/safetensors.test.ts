/** The generated model is a real safetensors file: laid out as the format says, and read back tensor by tensor. */
import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { InvalidInputError } from "../../base/errors.ts";
import { readHeader, readTensor, writeSafetensors } from "../../scripts/safetensors.ts";

const MIB = 1024 * 1024;

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-safetensors-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("a model has a length, a JSON header and tensors that fill the file without gaps", async (t) => {
  const path = join(await folderFor(t), "m.safetensors");
  await writeSafetensors(path, 40 * MIB);
  const bytes = await readFile(path);
  const headerBytes = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString()) as Record<string, unknown>;
  assert.deepEqual(header.__metadata__, { format: "pt" });
  const file = await open(path);
  t.after(() => file.close());
  const tensors = await readHeader(file);
  assert.ok(tensors.length > 5 && tensors.length === Object.keys(header).length - 1);
  let end = 8 + headerBytes;
  assert.equal(end % 8, 0, "tensors are aligned");
  for (const tensor of tensors) {
    assert.equal(tensor.offset, end, tensor.name);
    assert.equal(
      tensor.end - tensor.offset,
      tensor.shape.reduce((product, n) => product * n, 2),
      tensor.name,
    );
    end = tensor.end;
  }
  assert.equal(end, (await stat(path)).size);
  assert.ok(end > 40 * MIB && end < 80 * MIB);
  const last = tensors.at(-1);
  assert.ok(last !== undefined);
  assert.deepEqual(await readTensor(file, last), bytes.subarray(last.offset, last.end));
});

test("equal seeds give equal models, others do not", async (t) => {
  const folder = await folderFor(t);
  for (const [name, seed] of [
    ["a", 1],
    ["b", 1],
    ["c", 2],
  ] as const)
    await writeSafetensors(join(folder, name), MIB, seed);
  const [a, b, c] = await Promise.all(["a", "b", "c"].map((name) => readFile(join(folder, name))));
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  assert.ok(a.equals(b));
  assert.ok(!a.equals(c));
});

test("what is no safetensors file is refused", async (t) => {
  const path = join(await folderFor(t), "no");
  await writeFile(path, "<html>not a model, although it is long enough</html>");
  const file = await open(path);
  t.after(() => file.close());
  await assert.rejects(readHeader(file), InvalidInputError);
});
