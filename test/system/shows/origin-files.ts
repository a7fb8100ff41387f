/** Files for an origin to serve, of any size with little room: real bytes in some blocks, zeros in the others. */
import { open } from "node:fs/promises";
import { randomContent } from "../../origin/content.ts";
import type { NginxOrigin, NginxRequest } from "../../origin/nginx.ts";
import { MIB } from "./figures.ts";

/** Files up to this length are random throughout, bytes. */
const FULL_BYTES_MAX = 256 * MIB;
/** In longer ones, one block of so many is. */
const RANDOM_BLOCK_EVERY = 8;

/** Writes a file whose blocks differ from each other and from those of other seeds; resolves to its path. */
export async function writeLarge(
  origin: NginxOrigin,
  file: { readonly name: string; readonly bytes: number; readonly seed: number },
): Promise<string> {
  const content = randomContent(file.bytes, file.seed);
  if (file.bytes <= FULL_BYTES_MAX) return origin.write(file.name, content);
  const path = await origin.writeSparse(file.name, file.bytes);
  const handle = await open(path, "r+");
  try {
    const first = file.seed % RANDOM_BLOCK_EVERY;
    for (let offset = first * MIB; offset < file.bytes; offset += RANDOM_BLOCK_EVERY * MIB) {
      const block = content.read(offset, MIB);
      await handle.write(block, 0, block.length, offset);
    }
  } finally {
    await handle.close();
  }
  return path;
}

/** Writes bytes into a file of the origin where they are, which gives it no new name and no new length. */
export async function patch(path: string, offset: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.write(bytes, 0, bytes.length, offset);
  } finally {
    await handle.close();
  }
}

/** A stretch of a file: [offset, end). */
export interface Stretch {
  readonly offset: number;
  readonly end: number;
}

/** What a logged request sent of its file. */
export function stretchOf(request: NginxRequest): Stretch {
  const first = Number(/^bytes=(\d+)-/.exec(request.range)?.[1] ?? 0);
  return { offset: first, end: first + request.bodyBytes };
}
