/**
 * Fields of kernel messages: whole numbers in little-endian order (all machines that p2pfs runs on) and text. What does
 * not fit what it should be is an InvalidInputError, never a wrong number.
 */
import { InvalidInputError } from "../../../base/errors.ts";

const WORD = 2 ** 32;

/** A time as the kernel tells it; nanoseconds are 0 to 999,999,999 and count forward, also before 1970. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** One message of an inbox after the other, without copies. */
export class MessageReader {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #begin = 0;
  #end = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Turns to the message in [begin, end). @throws InvalidInputError when that lies outside */
  turnTo(begin: number, end: number): void {
    if (begin < 0 || begin > end || end > this.#bytes.length)
      throw new InvalidInputError("a kernel message does not lie within what was received");
    this.#begin = begin;
    this.#end = end;
  }

  /** Bytes of the message. */
  get bytes(): number {
    return this.#end - this.#begin;
  }

  /** @throws InvalidInputError when the message is shorter */
  need(bytes: number): void {
    if (this.bytes < bytes)
      throw new InvalidInputError(`a kernel message has ${this.bytes} bytes, but needs ${bytes}`);
  }

  u32(at: number): number {
    this.need(at + 4);
    return this.#view.getUint32(this.#begin + at, true);
  }

  u64(at: number): bigint {
    this.need(at + 8);
    return this.#view.getBigUint64(this.#begin + at, true);
  }

  /** A 64-bit field that we gave out or can use only as an exact number. @throws InvalidInputError above 2^53 - 1 */
  number(at: number): number {
    this.need(at + 8);
    const value =
      this.#view.getUint32(this.#begin + at + 4, true) * WORD + this.#view.getUint32(this.#begin + at, true);
    if (!Number.isSafeInteger(value))
      throw new InvalidInputError("a number in a kernel message is too large");
    return value;
  }

  /** Seconds since 1970, which may be negative, and nanoseconds. */
  time(secondsAt: number, nanosecondsAt: number): Timestamp {
    this.need(secondsAt + 8);
    const seconds =
      this.#view.getInt32(this.#begin + secondsAt + 4, true) * WORD +
      this.#view.getUint32(this.#begin + secondsAt, true);
    const nanoseconds = this.u32(nanosecondsAt);
    if (!Number.isSafeInteger(seconds) || nanoseconds >= 1e9)
      throw new InvalidInputError("a time in a kernel message is out of range");
    return { seconds, nanoseconds };
  }

  /** A view of the message's bytes, valid as long as the inbox is. */
  slice(from: number, to: number): Buffer {
    this.need(to);
    return this.#bytes.subarray(this.#begin + from, this.#begin + to);
  }

  /** Where the text that begins here ends: at its NUL. @throws InvalidInputError without one */
  textEnd(from: number): number {
    this.need(from);
    const end = this.#bytes.indexOf(0, this.#begin + from);
    if (end === -1 || end >= this.#end)
      throw new InvalidInputError("a text in a kernel message does not end");
    return end - this.#begin;
  }

  /** Text up to its NUL; undefined when it is not UTF-8. */
  text(from: number): string | undefined {
    const end = this.textEnd(from);
    const text = this.#bytes.toString("utf8", this.#begin + from, this.#begin + end);
    // Only where something was replaced can the bytes differ.
    if (!text.includes("\uFFFD")) return text;
    return Buffer.from(text).equals(this.slice(from, end)) ? text : undefined;
  }
}

/** Writes a whole number, which may be negative, into 64 bits. */
export function setNumber64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / WORD);
  view.setUint32(at, value - high * WORD, true);
  view.setInt32(at + 4, high, true);
}

/** A time from milliseconds since 1970 with fractions. */
export function timestampOf(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanoseconds: Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6)) };
}
