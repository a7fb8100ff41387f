/**
 * Room in the storage for bytes that are on their way: every fetch claims its stretch before it asks for it, so that many
 * at once do not overfill what each alone would fit. What does not fit has room made for it, or is cut to what does, or
 * waits while others are about to leave some. What is given up for it is decided in room-maker.ts.
 */
import type { Clock } from "../../base/clock.ts";
import { sleep } from "../../base/deadline.ts";
import { LimitError } from "../../base/errors.ts";
import { BLOCK_BYTES, ROOM_LOOK_MS, ROOM_PATIENCE_MS, ROOM_WAIT_MS } from "../../base/limits.ts";
import type { WantPriority } from "../piece/want-list.ts";

/** What is on its way for one fetch. */
export interface RoomClaim {
  /** What was granted: all that was asked for, or its first blocks. */
  readonly bytes: number;
  /** So many bytes are in the file now, and counted by the storage. */
  arrived(bytes: number): void;
  /** Gives back what did not come. Idempotent. */
  end(): void;
}

export interface RoomRequest {
  /** From the start of a block. */
  readonly bytes: number;
  /** The least that is of use. */
  readonly leastBytes: number;
  /** What somebody who waits needs to be here at one time, with what came before; 0: nobody does. */
  readonly atOnceBytes: number;
  readonly priority: WantPriority;
}

/** How pressing a need for room is. */
export interface RoomNeed {
  /** More of this is worth having, but only `leastBytes` are worth what a reader would have to fetch again. */
  readonly bytes: number;
  readonly leastBytes: number;
  readonly priority: WantPriority;
  /** It has waited for ROOM_PATIENCE_MS. */
  readonly impatient: boolean;
}

/** What holds the bytes. */
export interface Room {
  /** Asks the disk when that is due. */
  look(): Promise<unknown>;
  /** What may be written, as last looked, less what was written since: of this moment. */
  readonly availableBytes: number;
  /** What cached content may take in all, as last looked. */
  readonly roomBytes: number;
  /** Frees room until so many bytes are available. @returns whether others will leave some before long */
  make(need: RoomNeed): Promise<boolean>;
}

export class RoomClaims {
  readonly #room: Room;
  readonly #clock: Clock;
  #claimedBytes = 0;
  /** Claims that were granted and not ended. */
  #open = 0;
  /** One at a time makes room: the next may find that it need not. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(room: Room, clock: Clock) {
    this.#room = room;
    this.#clock = clock;
  }

  /** Bytes on their way. */
  get claimedBytes(): number {
    return this.#claimedBytes;
  }

  /** @throws LimitError NO_SPACE; the signal's reason */
  async claim(request: RoomRequest, signal: AbortSignal): Promise<RoomClaim> {
    await this.#room.look();
    if (request.atOnceBytes > this.#room.roomBytes) throw noSpace();
    const granted = this.#grant(request, request.bytes);
    if (granted !== undefined) return granted;
    const beganMs = this.#clock.monotonicMs();
    for (;;) {
      const waitedMs = this.#clock.monotonicMs() - beganMs;
      const made = this.#turn.then(() => this.#make(request, waitedMs >= ROOM_PATIENCE_MS));
      // Whoever waits for it hears of the failure; the next must not.
      this.#turn = made.catch(() => undefined);
      const { claim, othersMove } = await made;
      if (claim !== undefined) return claim;
      // A reader asks ahead again by itself, when it has come further.
      const waits = othersMove && request.priority !== "read-ahead" && waitedMs < ROOM_WAIT_MS;
      if (!waits) break;
      await sleep(this.#clock, ROOM_LOOK_MS, signal);
    }
    throw noSpace();
  }

  async #make(
    request: RoomRequest,
    impatient: boolean,
  ): Promise<{ claim: RoomClaim | undefined; othersMove: boolean }> {
    const { bytes, leastBytes, priority } = request;
    const claimed = this.#claimedBytes;
    await this.#room.look();
    let othersMove = this.#open > 0;
    if (this.#room.availableBytes < claimed + bytes) {
      const need = { bytes: claimed + bytes, leastBytes: claimed + leastBytes, priority, impatient };
      othersMove = (await this.#room.make(need)) || othersMove;
      await this.#room.look();
    }
    return { claim: this.#grant(request, leastBytes), othersMove };
  }

  /** Grants what there is room for at this moment, if that is `leastBytes` or more. */
  #grant(request: RoomRequest, leastBytes: number): RoomClaim | undefined {
    const free = this.#room.availableBytes - this.#claimedBytes;
    const bytes = free >= request.bytes ? request.bytes : Math.floor(free / BLOCK_BYTES) * BLOCK_BYTES;
    if (bytes < leastBytes || bytes <= 0) return undefined;
    this.#claimedBytes += bytes;
    this.#open += 1;
    let left = bytes;
    let ended = false;
    const arrived = (count: number) => {
      const taken = Math.min(left, count);
      left -= taken;
      this.#claimedBytes -= taken;
    };
    return {
      bytes,
      arrived,
      end: () => {
        arrived(left);
        if (!ended) this.#open -= 1;
        ended = true;
      },
    };
  }
}

/** What a claim fails with. */
export function noSpace(): LimitError {
  const message = "no space is left in the storage (storage.dir) for what is to be fetched";
  return new LimitError(message, {}, "NO_SPACE");
}
