/** Alters what a daemon has on its disk: the bytes alone, or its record of their checksums as well, as a broken disk never would. */
import { open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { NotFoundError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";

/** Where the alteration lies in its block, and what it is. */
const ALTERED_AT = 99;
const ALTERED = Buffer.from("altered");
/** The bitmap file: its header, an entry, and where the header keeps the nonce. */
const HEADER_BYTES = 64;
const ENTRY_BYTES = 8;
const NONCE_AT = 24;

/** The content file of a store's only task. @throws NotFoundError */
export async function contentFile(storage: string): Promise<string> {
  const tasks = join(storage, "content/tasks");
  const names = await readdir(tasks, { recursive: true });
  const name = names.find((each) => /^[0-9a-f]{3}\/[0-9a-f]{64}$/.test(each));
  if (name === undefined) throw new NotFoundError(`no content in ${names}`);
  return join(tasks, name);
}

/** Alters some bytes of every piece from `firstPiece` on; the records of their checksums stay. */
export async function alterContent(
  storage: string,
  { pieceBytes, firstPiece }: { pieceBytes: number; firstPiece: number },
): Promise<void> {
  const content = await open(await contentFile(storage), "r+");
  const { size } = await content.stat();
  for (let offset = firstPiece * pieceBytes; offset + BLOCK_BYTES <= size; offset += pieceBytes)
    await content.write(ALTERED, 0, ALTERED.length, offset + ALTERED_AT);
  await content.close();
}

/** The check word of an entry of the bitmap file, as the storage makes it. */
function checkWord(crc: number, index: number, nonce: number): number {
  let word = Math.imul(crc ^ nonce, 0x85ebca6b);
  word ^= word >>> 13;
  word = Math.imul(word ^ index, 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

/** Makes every record of a checksum fit the bytes as they are now. The daemon must not run. */
export async function matchChecksums(storage: string, pieceBytes: number): Promise<void> {
  const path = await contentFile(storage);
  const content = await readFile(path);
  const bits = await readFile(`${path}.bits`);
  const nonce = bits.readUInt32LE(NONCE_AT);
  const blockCount = Math.ceil(content.length / BLOCK_BYTES);
  const set = (index: number, bytes: Buffer) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    const crc = crc32(bytes);
    bits.writeUInt32LE(crc, at);
    bits.writeUInt32LE(checkWord(crc, index, nonce), at + 4);
  };
  for (let block = 0; block < blockCount; block++)
    set(block, content.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES));
  for (let piece = 0; piece * pieceBytes < content.length; piece++)
    set(blockCount + piece, content.subarray(piece * pieceBytes, (piece + 1) * pieceBytes));
  await writeFile(`${path}.bits`, bits);
}
