/** Punches holes into content files, where the system and the filesystem of the storage can. */
import type { FileHandle } from "node:fs/promises";
import { NotSupportedError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { loadNativeAddon, NativeAddon } from "../../native/linux/addon.ts";

/** Frees the bytes of a range of an open file. @throws what fallocate(2) says */
export type PunchHole = (fd: number, offset: number, length: number) => Promise<void>;

export class Holes {
  readonly #punch: PunchHole | undefined;

  private constructor(punch: PunchHole | undefined) {
    this.#punch = punch;
  }

  /**
   * Tries it on a file.
   * @param scratch an empty file of the storage's filesystem; it stays the caller's. undefined: it is taken to be possible
   * @param addonPath of the native addon; default where it is built
   */
  static async find(scratch: FileHandle | undefined, addonPath?: string): Promise<Holes> {
    const addon = loadNativeAddon(addonPath);
    if (!(addon instanceof NativeAddon)) return new Holes(undefined);
    try {
      if (scratch !== undefined) await addon.punchHole(scratch.fd, 0, BLOCK_BYTES);
      return new Holes((fd, offset, length) => addon.punchHole(fd, offset, length));
    } catch {
      // Some filesystems cannot (network ones, FAT): then files go as a whole only.
      return new Holes(undefined);
    }
  }

  get possible(): boolean {
    return this.#punch !== undefined;
  }

  /** @throws NotSupportedError where it is not possible; what fallocate(2) says */
  async punch(fd: number, offset: number, length: number): Promise<void> {
    if (this.#punch === undefined) throw new NotSupportedError("files of the storage cannot lose a part");
    await this.#punch(fd, offset, length);
  }
}
