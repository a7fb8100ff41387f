/**
 * Where dfget's bytes go: a staged file beside the output, filled as pieces finish, from the daemon's content file where
 * this user may read it, else from the messages. Written with this user's rights; the daemon never sees the path.
 */
import { constants } from "node:fs";
import { copyFile, type FileHandle, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { P2pfsError } from "../base/errors.ts";
import { placeFile, type StagedFile, stageFile, writeAll } from "../base/file-placement.ts";
import { COPIES_MAX, COPY_CHUNK_BYTES } from "../base/limits.ts";
import { fromUnknown } from "../base/node-errors.ts";
import type { Piece__Output } from "../proto/gen/common/v2/Piece.ts";

/** A stretch of the content that the output holds, and where: the whole, or a range that begins the output. */
export interface Wanted {
  readonly offset: number;
  readonly length: number;
}

export interface Target {
  /** Absolute. */
  readonly path: string;
  readonly overwrite: boolean;
  readonly forceHardLink: boolean;
  readonly token: string;
}

/** Takes finished pieces. `finish` makes the output; `close` leaves nothing else behind. */
export interface Output {
  /** Bytes of the output that are safe with this piece; resolves when they are. */
  take(piece: Piece__Output): Promise<number>;
  /** All pieces were taken. @throws P2pfsError ALREADY_EXISTS and what the disk says */
  finish(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** The part of a piece that is wanted: where in the content, and where in the output. */
function overlap(piece: Piece__Output, wanted: Wanted): { from: number; to: number; length: number } {
  const from = Math.max(piece.offset, wanted.offset);
  const end = Math.min(piece.offset + piece.length, wanted.offset + wanted.length);
  return { from, to: from - wanted.offset, length: Math.max(0, end - from) };
}

/** Output from bytes in the messages. */
export async function contentOutput(target: Target, wanted: Wanted): Promise<Output> {
  const staged = await stageFile(target.path, target.token);
  return {
    async take(piece) {
      const { from, to, length } = overlap(piece, wanted);
      if (piece.content === undefined || piece.content.length !== piece.length)
        throw new P2pfsError("INTERNAL", `the daemon sent piece ${piece.number} without its bytes`);
      const start = from - piece.offset;
      await writeAll(staged.file, piece.content.subarray(start, start + length), to);
      return length;
    },
    finish: () => staged.keep(target.overwrite),
    close: () => staged.close(),
  };
}

/**
 * Output from the content file, by the cheapest way there is: a hard link where that is demanded, a reflink of the whole at
 * the end, else copies of pieces as they finish, so that nothing is left to copy when the last is in.
 * @param contentPath a file that may be read
 * @throws P2pfsError PERMISSION, NOT_FOUND when it may not
 */
export async function fileOutput(contentPath: string, target: Target, wanted: Wanted): Promise<Output> {
  const source = await open(contentPath, "r").catch((error) => {
    throw fromUnknown(error, "cannot read the cache");
  });
  try {
    const whole = wanted.offset === 0 && wanted.length === (await source.stat()).size;
    if (target.forceHardLink && !whole)
      throw new P2pfsError("FAILED_PRECONDITION", "a part of a file cannot be a hard link");
    if (target.forceHardLink || (whole && (await canClone(contentPath, target))))
      return await atOnce(contentPath, source, target);
    return new CopiedOutput(source, await stageFile(target.path, target.token), target, wanted);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Output that is made in one step at the end, whatever the pieces. */
async function atOnce(contentPath: string, source: FileHandle, target: Target): Promise<Output> {
  let closed: Promise<void> | undefined;
  return {
    take: async (piece) => piece.length,
    async finish() {
      const { path, overwrite, forceHardLink, token } = target;
      await placeFile({ from: contentPath, to: path, overwrite, forceHardLink, token });
    },
    close: () => (closed ??= source.close()),
  };
}

/** Whether the output's filesystem shares blocks with the cache's: tried, because nothing tells. */
async function canClone(contentPath: string, target: Target): Promise<boolean> {
  const [from, to] = await Promise.all([stat(contentPath), stat(dirname(target.path))]);
  if (from.dev !== to.dev) return false;
  const trial = `${target.path}.${target.token}.try`;
  try {
    await copyFile(contentPath, trial, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    return false;
  } finally {
    await rm(trial, { force: true });
  }
}

class CopiedOutput implements Output {
  readonly #source: FileHandle;
  readonly #staged: StagedFile;
  readonly #target: Target;
  readonly #wanted: Wanted;
  readonly #spare: Buffer[] = [];
  readonly #waiting: (() => void)[] = [];
  #copying = 0;
  #closed: Promise<void> | undefined;

  constructor(source: FileHandle, staged: StagedFile, target: Target, wanted: Wanted) {
    this.#source = source;
    this.#staged = staged;
    this.#target = target;
    this.#wanted = wanted;
  }

  async take(piece: Piece__Output): Promise<number> {
    const { from, to, length } = overlap(piece, this.#wanted);
    while (this.#copying >= COPIES_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#copying += 1;
    const buffer = this.#spare.pop() ?? Buffer.allocUnsafe(COPY_CHUNK_BYTES);
    try {
      for (let done = 0; done < length; ) {
        const { bytesRead } = await this.#source
          .read(buffer, 0, Math.min(buffer.length, length - done), from + done)
          .catch((error) => Promise.reject(fromUnknown(error, "cannot read the cache")));
        if (bytesRead === 0) throw new P2pfsError("IO", "the cache's file is shorter than its content");
        await writeAll(this.#staged.file, buffer.subarray(0, bytesRead), to + done);
        done += bytesRead;
      }
      return length;
    } finally {
      this.#spare.push(buffer);
      this.#copying -= 1;
      this.#waiting.shift()?.();
    }
  }

  finish(): Promise<void> {
    return this.#staged.keep(this.#target.overwrite);
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all([this.#source.close(), this.#staged.close()]).then(() => {});
    return this.#closed;
  }
}
