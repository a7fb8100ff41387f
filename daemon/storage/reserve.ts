/**
 * Room for the metadata on a disk that somebody else has filled: a file that is given up when level cannot write, since it can be
 * neither opened nor told of deletions without some room.
 */
import { randomFillSync } from "node:crypto";
import { open, stat, unlink } from "node:fs/promises";
import { METADATA_OPEN_BYTES, METADATA_RESERVE_BYTES_MAX, METADATA_RESERVE_PART } from "../../base/limits.ts";

const CHUNK_BYTES = METADATA_OPEN_BYTES;

export class Reserve {
  readonly #path: string;
  #heldBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Bytes it takes on the disk now. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Looks what an earlier process left. */
  async find(): Promise<void> {
    const found = await stat(this.#path).catch(() => undefined);
    this.#heldBytes = found === undefined ? 0 : found.blocks * 512;
  }

  /**
   * Makes the reserve when it is missing.
   * @param roomBytes what we may still write
   */
  async ensure(roomBytes: number): Promise<void> {
    const chunks = Math.floor(
      Math.min(METADATA_RESERVE_BYTES_MAX, roomBytes / METADATA_RESERVE_PART) / CHUNK_BYTES,
    );
    if (this.#heldBytes > 0 || chunks === 0) return;
    try {
      const file = await open(this.#path, "w", 0o600);
      try {
        // Random, or a filesystem that compresses would set nothing aside.
        const chunk = randomFillSync(Buffer.allocUnsafeSlow(CHUNK_BYTES));
        for (let count = 0; count < chunks; count++) await file.write(chunk);
        this.#heldBytes = chunks * CHUNK_BYTES;
      } finally {
        await file.close();
      }
    } catch {
      // A disk that filled up meanwhile: what was written of the reserve is in the way, and nobody asked for it.
      await this.release();
    }
  }

  /** Gives the room up. @returns whether there was any */
  async release(): Promise<boolean> {
    this.#heldBytes = 0;
    return unlink(this.#path).then(
      () => true,
      () => false,
    );
  }
}
