/**
 * Room on the storage's disk for bytes that are on their way: every fetch claims its stretch before it asks for it, so
 * that many at once do not overfill what each alone would fit. It makes no room itself.
 */
import { LimitError } from "../../base/errors.ts";

/** What is on its way for one fetch. */
export interface RoomClaim {
  /** So many bytes are in the file now, and counted by the storage. */
  arrived(bytes: number): void;
  /** Gives back what did not come. Idempotent. */
  end(): void;
}

export class RoomClaims {
  readonly #hasRoom: (bytes: number) => Promise<boolean>;
  #claimedBytes = 0;

  /** @param hasRoom whether the storage may take so many bytes more */
  constructor(hasRoom: (bytes: number) => Promise<boolean>) {
    this.#hasRoom = hasRoom;
  }

  /** Bytes on their way. */
  get claimedBytes(): number {
    return this.#claimedBytes;
  }

  /** @throws LimitError NO_SPACE */
  async claim(bytes: number): Promise<RoomClaim> {
    let left = bytes;
    this.#claimedBytes += left;
    const arrived = (count: number) => {
      const taken = Math.min(left, count);
      left -= taken;
      this.#claimedBytes -= taken;
    };
    const claim = { arrived, end: () => arrived(left) };
    try {
      if (await this.#hasRoom(this.#claimedBytes)) return claim;
    } catch (error) {
      claim.end();
      throw error;
    }
    claim.end();
    throw new LimitError(
      "no space is left in the storage (storage.dir) for what is to be fetched",
      {},
      "NO_SPACE",
    );
  }
}
