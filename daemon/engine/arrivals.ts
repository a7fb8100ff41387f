/** What arrives for one fetch: its stretch of the content file, how far it has come, and the room it has for it. */
import { readSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { Destination } from "../../base/destination.ts";
import type { P2pfsError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { hasBit } from "../piece/bits.ts";
import type { BlockRange } from "../piece/want-list.ts";
import type { StoredTask } from "../storage/storage.ts";
import type { RoomClaim } from "./room-claims.ts";

/** What a fetch tells. */
export interface FetchEvents {
  /** A block came that was not here before; its bit is set. */
  block(block: number, length: number): void;
  /** There is room for its beginning only: it ends earlier now. */
  cut(): void;
}

export class Arrivals implements Destination {
  readonly fd: number;
  readonly offset: number;
  /** The block that is due. */
  next: number;
  /** Where the fetch stops. */
  end: number;
  /** Set once there is room. */
  claim: RoomClaim | undefined;
  readonly #stored: StoredTask;
  readonly #events: FetchEvents;
  readonly #otherBytes: () => P2pfsError;

  /** @param otherBytes the error of a block that is here already, with other bytes */
  constructor(stored: StoredTask, blocks: BlockRange, events: FetchEvents, otherBytes: () => P2pfsError) {
    this.fd = stored.fd;
    this.offset = blocks.start * BLOCK_BYTES;
    this.next = blocks.start;
    this.end = blocks.end;
    this.#stored = stored;
    this.#events = events;
    this.#otherBytes = otherBytes;
  }

  get length(): number {
    return this.lengthTo(this.end);
  }

  /** Bytes from its beginning to the end of the block before `end`, or of the content. */
  lengthTo(end: number): number {
    return Math.min(end * BLOCK_BYTES, this.#stored.record.contentLength) - this.offset;
  }

  has(block: number): boolean {
    return hasBit(this.#stored.blocks, block);
  }

  onBlock(block: number, length: number, crc: number): void {
    const isNew = !this.has(block);
    if (isNew) {
      this.#stored.setBlock(block, crc);
      this.claim?.arrived(length);
    } else if (crc !== crcOf(this.#stored, block, length)) throw this.#otherBytes();
    this.next = block + 1;
    if (isNew) this.#events.block(block, length);
  }
}

/** @returns CRC-32 of a block that is here; read back where it is not remembered. Rare: only when something is fetched twice. */
function crcOf(stored: StoredTask, block: number, length: number): number {
  const remembered = stored.blockCrc(block);
  if (remembered !== undefined) return remembered;
  const buffer = Buffer.allocUnsafeSlow(length);
  const read = readSync(stored.fd, buffer, 0, length, block * BLOCK_BYTES);
  return crc32(buffer.subarray(0, read));
}
