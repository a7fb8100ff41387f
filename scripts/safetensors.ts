/**
 * The safetensors file format (github.com/huggingface/safetensors): 8 bytes with the header's length, little endian;
 * the header as JSON, padded with blanks; the tensors' bytes one after the other. Generates one of any size with bytes
 * that a seed determines, and reads header and single tensors as a model loader does. Knows no tensor arithmetic.
 */
import { type FileHandle, open } from "node:fs/promises";
import { InvalidInputError } from "../base/errors.ts";
import { CONTENT_CHUNK_BYTES, randomContent } from "../test/origin/content.ts";

/** Bytes of the length that a file begins with. */
const LENGTH_BYTES = 8;
/** The header ends on a multiple of it, so that mapped tensors are aligned. */
const ALIGNMENT_BYTES = 8;
/** What the format's own reader accepts at most, bytes. */
const HEADER_BYTES_MAX = 100_000_000;
/** F16, BF16. */
const HALF_BYTES = 2;

export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte in the file, and the byte after the last. */
  readonly offset: number;
  readonly end: number;
}

/** Names and shapes of a small language model whose layers are repeated until it has about so many bytes. */
function modelShapes(bytes: number): { name: string; shape: number[] }[] {
  const width = 1024;
  const shapes = [{ name: "model.embed_tokens.weight", shape: [8192, width] }];
  const layer: [string, number[]][] = [
    ["self_attn.qkv_proj.weight", [3 * width, width]],
    ["self_attn.o_proj.weight", [width, width]],
    ["mlp.up_proj.weight", [4 * width, width]],
    ["mlp.down_proj.weight", [width, 4 * width]],
    ["input_layernorm.weight", [width]],
  ];
  const bytesOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, HALF_BYTES);
  let sum = 8192 * width * HALF_BYTES;
  for (let n = 0; sum < bytes; n++) {
    for (const [name, shape] of layer) {
      shapes.push({ name: `model.layers.${n}.${name}`, shape });
      sum += bytesOf(shape);
    }
  }
  return shapes;
}

function headerOf(shapes: readonly { name: string; shape: readonly number[] }[]): {
  header: Buffer;
  dataBytes: number;
} {
  const entries: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let offset = 0;
  for (const { name, shape } of shapes) {
    const end = offset + shape.reduce((product, n) => product * n, HALF_BYTES);
    entries[name] = { dtype: "BF16", shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = JSON.stringify(entries);
  const padded = Math.ceil(Buffer.byteLength(json) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  return { header: Buffer.from(json.padEnd(padded)), dataBytes: offset };
}

/** Writes a model of about so many bytes; equal seeds give equal files. */
export async function writeSafetensors(path: string, bytes: number, seed = 1): Promise<void> {
  const { header, dataBytes } = headerOf(modelShapes(bytes));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(header.length));
  const content = randomContent(dataBytes, seed);
  const file = await open(path, "w");
  try {
    await file.write(length);
    await file.write(header);
    for (let offset = 0; offset < dataBytes; offset += CONTENT_CHUNK_BYTES) {
      await file.write(content.read(offset, CONTENT_CHUNK_BYTES));
    }
  } finally {
    await file.close();
  }
}

async function readExactly(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  for (let got = 0; got < length; ) {
    const { bytesRead } = await file.read(buffer, got, length - got, offset + got);
    if (bytesRead === 0)
      throw new InvalidInputError(`the file ends at ${offset + got}, in the middle of something`);
    got += bytesRead;
  }
  return buffer;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/** The tensors of a file, in the order of their bytes. @throws InvalidInputError when it is no safetensors file */
export async function readHeader(file: FileHandle): Promise<Tensor[]> {
  const length = Number((await readExactly(file, 0, LENGTH_BYTES)).readBigUInt64LE());
  if (length > HEADER_BYTES_MAX)
    throw new InvalidInputError(`a header of ${length} bytes is no safetensors header`);
  const text = (await readExactly(file, LENGTH_BYTES, length)).toString("utf8");
  const { __metadata__: _, ...entries } = JSON.parse(text) as Record<string, HeaderEntry>;
  const first = LENGTH_BYTES + length;
  const tensors = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [offset, end],
      },
    ]) => {
      return { name, dtype, shape, offset: first + offset, end: first + end };
    },
  );
  return tensors.sort((a, b) => a.offset - b.offset);
}

/** The bytes of one tensor. */
export function readTensor(file: FileHandle, tensor: Tensor): Promise<Buffer> {
  return readExactly(file, tensor.offset, tensor.end - tensor.offset);
}
