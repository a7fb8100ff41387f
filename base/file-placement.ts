/**
 * Puts a finished content file under a user's path: whole or not at all, by reflink where the filesystem can, by copying
 * else, by hard link only when that is demanded, because a link shares the bytes with the cache. Fetches nothing.
 */
import { constants } from "node:fs";
import { copyFile, type FileHandle, link, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CancelledError, P2pfsError } from "./errors.ts";
import { COPY_CHUNK_BYTES } from "./limits.ts";
import { fromUnknown } from "./node-errors.ts";

/** Permission bits of a file made for a user, less the process's umask. */
const FILE_MODE = 0o666;

/** A file beside `path` that becomes `path` or vanishes. Close it whatever happened: what was not kept is removed. */
export interface StagedFile {
  readonly path: string;
  /** Open for writing. */
  readonly file: FileHandle;
  /**
   * Gives the file its name, replacing what is there only if `overwrite` says so.
   * @throws P2pfsError ALREADY_EXISTS
   */
  keep(overwrite: boolean): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param token makes the name unlike any other's; letters and digits
 * @param mode permission bits; default 0666 less the umask
 */
export async function stageFile(path: string, token: string, mode?: number): Promise<StagedFile> {
  const staged = stagedName(path, token);
  const doing = `cannot write to ${dirname(path)}`;
  const file = await open(staged, "wx", FILE_MODE).catch((error) =>
    Promise.reject(fromUnknown(error, doing)),
  );
  if (mode !== undefined) await file.chmod(mode);
  let kept = false;
  let closed: Promise<void> | undefined;
  const close = async () => {
    await file.close();
    if (!kept) await rm(staged, { force: true });
  };
  return {
    path: staged,
    file,
    async keep(overwrite) {
      await giveName(staged, path, overwrite);
      kept = true;
    },
    close: () => (closed ??= close()),
  };
}

/** Hidden, in the same directory, and never longer than a name may be. */
function stagedName(path: string, token: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 64)}.${token}.part`);
}

async function giveName(from: string, to: string, overwrite: boolean): Promise<void> {
  try {
    if (overwrite) return await rename(from, to);
    // Unlike rename, link never replaces: two who write the same path cannot both win.
    await link(from, to);
    await rm(from, { force: true });
  } catch (error) {
    const failure = fromUnknown(error, `cannot make ${to}`);
    if (failure.code === "ALREADY_EXISTS") throw alreadyExists(to);
    // A filesystem without hard links (vfat, some network filesystems).
    if (!overwrite && ["NOT_PERMITTED", "NOT_SUPPORTED", "INTERNAL"].includes(failure.code)) {
      await refuseExisting(to);
      return rename(from, to).catch((second) => Promise.reject(fromUnknown(second, `cannot make ${to}`)));
    }
    throw failure;
  }
}

/** @throws P2pfsError ALREADY_EXISTS when there is something at the path */
export async function refuseExisting(path: string): Promise<void> {
  if ((await fileIdentity(path)) !== undefined) throw alreadyExists(path);
}

function alreadyExists(path: string): P2pfsError {
  return new P2pfsError("ALREADY_EXISTS", `${path} already exists`);
}

/** "device:inode", or undefined when there is nothing. */
async function fileIdentity(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    const failure = fromUnknown(error, `cannot look at ${path}`);
    if (failure.code === "NOT_FOUND") return undefined;
    throw failure;
  }
}

export interface Placement {
  /** The finished content file. */
  readonly from: string;
  readonly to: string;
  readonly overwrite: boolean;
  /** Demands a hard link: an error where there can be none. */
  readonly forceHardLink: boolean;
  /** See stageFile. */
  readonly token: string;
  /** See stageFile; a hard link keeps the cache's. */
  readonly mode?: number | undefined;
}

/**
 * Makes `to` a copy of `from`. A path that is already the same file is left as it is.
 * @throws P2pfsError ALREADY_EXISTS, FAILED_PRECONDITION when a hard link is demanded across filesystems, and what the disk says
 */
export async function placeFile(placement: Placement, signal?: AbortSignal): Promise<void> {
  const { from, to, overwrite, forceHardLink, token, mode } = placement;
  const [source, target] = await Promise.all([fileIdentity(from), fileIdentity(to)]);
  if (target !== undefined && target === source) return;
  if (target !== undefined && !overwrite) throw alreadyExists(to);
  if (forceHardLink) return placeLink(from, to, overwrite, token);
  if (await placeClone(placement)) return;
  const staged = await stageFile(to, token, mode);
  try {
    await copyInto(from, staged.file, signal);
    await staged.keep(overwrite);
  } finally {
    await staged.close();
  }
}

async function placeLink(from: string, to: string, overwrite: boolean, token: string): Promise<void> {
  const staged = stagedName(to, token);
  try {
    await link(from, staged);
    await giveName(staged, to, overwrite);
  } catch (error) {
    const failure = fromUnknown(error, `cannot hard-link to ${to}`);
    if (failure.details.nodeCode === "EXDEV")
      throw new P2pfsError(
        "FAILED_PRECONDITION",
        `${to} is on another filesystem than the cache: no hard link`,
        {
          cause: error,
        },
      );
    throw failure;
  } finally {
    await rm(staged, { force: true });
  }
}

/**
 * Clones by reflink: the copy shares the disk's blocks until one of the two is written.
 * @returns false where the filesystem cannot, with nothing left behind
 * @throws P2pfsError ALREADY_EXISTS, and when the output's directory cannot be written to
 */
async function placeClone(placement: Omit<Placement, "forceHardLink">): Promise<boolean> {
  const { from, to, overwrite, token, mode } = placement;
  const staged = await stageFile(to, token, mode);
  try {
    const { mode: made } = await staged.file.stat();
    try {
      await copyFile(from, staged.path, constants.COPYFILE_FICLONE_FORCE);
    } catch {
      // EXDEV, ENOTSUP, EINVAL …: whatever it is, copying decides anew and words the error.
      return false;
    }
    // The clone took the cache's permission bits with it.
    await staged.file.chmod(made & 0o7777);
    await staged.keep(overwrite);
    return true;
  } finally {
    await staged.close();
  }
}

async function copyInto(from: string, into: FileHandle, signal?: AbortSignal): Promise<void> {
  const source = await open(from, "r").catch((error) =>
    Promise.reject(fromUnknown(error, `cannot read ${from}`)),
  );
  try {
    const buffer = Buffer.allocUnsafe(COPY_CHUNK_BYTES);
    for (let offset = 0; ; ) {
      if (signal?.aborted) throw signal.reason ?? new CancelledError();
      const { bytesRead } = await source.read(buffer, 0, buffer.length, offset);
      if (bytesRead === 0) return;
      await writeAll(into, buffer.subarray(0, bytesRead), offset);
      offset += bytesRead;
    }
  } finally {
    await source.close();
  }
}

/** Writes all of the bytes at the offset. @throws P2pfsError NO_SPACE and the like */
export async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file
      .write(bytes, done, bytes.length - done, offset + done)
      .catch((error) => Promise.reject(fromUnknown(error, "cannot write the output")));
    done += bytesWritten;
  }
}
