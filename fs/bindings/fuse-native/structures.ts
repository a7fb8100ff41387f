/** The arrays in which fuse-native's addon takes struct stat and struct statvfs: 32-bit words, 64-bit values in two. */
import { NAME_BYTES_MAX } from "../../../base/limits.ts";
import { S_IFDIR, S_IFLNK, S_IFREG, type StatAttributes } from "../../attributes.ts";
import type { SourceNode, SpaceFigures } from "../../content-source.ts";

const WORD = 2 ** 32;
/** d_ino of entries whose inode is not known (FUSE_UNKNOWN_INO of libfuse). */
export const UNKNOWN_INO = 0xffff_ffff;

function setPair(words: Uint32Array, index: number, value: number): void {
  words[index] = value % WORD;
  words[index + 1] = Math.floor(value / WORD);
}

/** Inode numbers are 32 bits here; a number beyond them wraps, and never becomes 0. */
function narrowIno(ino: number): number {
  return ino % WORD === 0 ? 1 : ino % WORD;
}

/** struct stat as populate_stat of the addon reads it. Times before 1970 become 1970. */
export function statWords(attributes: StatAttributes): Uint32Array {
  const words = new Uint32Array(18);
  words[0] = attributes.mode;
  words[1] = attributes.uid;
  words[2] = attributes.gid;
  setPair(words, 3, attributes.sizeBytes);
  words[6] = attributes.nlink;
  words[7] = narrowIno(attributes.ino);
  words[9] = attributes.preferredReadBytes;
  setPair(words, 10, attributes.blocks);
  const modifiedAtMs = Math.max(0, Math.floor(attributes.modifiedAtMs));
  for (const index of [12, 14, 16]) setPair(words, index, modifiedAtMs);
  return words;
}

/** The node as a symbolic link of `targetBytes`: see path-versions.ts. */
export function linkWords(attributes: StatAttributes, targetBytes: number): Uint32Array {
  return statWords({ ...attributes, mode: S_IFLNK | 0o777, sizeBytes: targetBytes, blocks: 0 });
}

/** What readdir needs of an entry: its type, and its number where it is known. */
export function entryWords(kind: SourceNode["kind"], ino: number = UNKNOWN_INO): Uint32Array {
  const words = new Uint32Array(18);
  words[0] = kind === "directory" ? S_IFDIR : S_IFREG;
  words[7] = ino === UNKNOWN_INO ? ino : narrowIno(ino);
  return words;
}

/** Smallest grain in which space is counted, bytes. */
const SPACE_GRAIN_BYTES = 4096;

/** struct statvfs as populate_statvfs of the addon reads it: counts in a grain large enough to fit into 32 bits. */
export function statvfsWords(space: SpaceFigures): Uint32Array {
  let grain = SPACE_GRAIN_BYTES;
  while (space.totalBytes / grain >= WORD) grain *= 2;
  const blocks = (bytes: number) => Math.floor(bytes / grain);
  const words = new Uint32Array(11);
  words[0] = grain;
  words[1] = grain;
  words[2] = blocks(space.totalBytes);
  words[3] = blocks(space.freeBytes);
  words[4] = blocks(space.availableBytes);
  words[5] = Math.min(space.files, WORD - 1);
  words[10] = NAME_BYTES_MAX;
  return words;
}
