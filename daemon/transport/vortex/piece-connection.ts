/** One piece on its way from a parent, over a connection of its own: the question, the answer's head, the bytes, their digest. */
import type { Socket } from "node:net";
import type { Clock } from "../../../base/clock.ts";
import { crc32Combine, crc32Digest } from "../../../base/crc32.ts";
import { type DeadlineSignal, deadlineSignal } from "../../../base/deadline.ts";
import type { Destination, FetchResult } from "../../../base/destination.ts";
import {
  IntegrityError,
  InvalidInputError,
  NotFoundError,
  type P2pfsError,
  UnavailableError,
} from "../../../base/errors.ts";
import { type BufferPool, FilePump } from "../../../base/file-pump.ts";
import { PIECE_CONNECT_MS, PIECE_PROGRESS_BYTES, PIECE_SILENCE_MS } from "../../../base/limits.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { Parent, PieceFetch } from "../transport.ts";
import { decodeAnswer, ERROR_CODE, encodeRequest, type PieceMetadata } from "./packet.ts";

/** Bytes of an answer before the piece that are gathered at most. */
const HEAD_BYTES_MAX = 8192;

/**
 * How a parent is connected to. @param onBytes @returns whether to go on reading; else `resume` of the socket does
 * @returns the event that tells that it may be asked, and what to call once the socket is destroyed and nothing looks at its bytes any more
 */
export type Open = (
  parent: Parent,
  onBytes: (bytes: Buffer) => boolean,
) => { readonly socket: Socket; readonly ready: string; readonly release: () => void };

/** What a fetched piece came to. */
export type Fetched = FetchResult & { readonly digest: string };

/** A block that came, and is told once the whole piece was checked. */
interface Block {
  readonly number: number;
  readonly length: number;
  readonly crc: number;
}

interface ConnectionOptions {
  readonly clock: Clock;
  readonly buffers: BufferPool;
  readonly open: Open;
}

export class PieceConnection {
  readonly #options: ConnectionOptions;
  readonly #parent: Parent;
  readonly #piece: PieceFetch;
  readonly #blocks: Block[] = [];
  readonly #pump: FilePump;
  readonly #ended: Promise<void>;
  #settle: (error?: unknown) => void = () => {};
  #finish: () => void = () => {};
  #deadline: DeadlineSignal | undefined;
  #socket: Socket | undefined;
  #release: () => void = () => {};
  #head: Buffer | undefined = Buffer.alloc(0);
  #metadata: PieceMetadata | undefined;
  #crc = 0;
  /** Bytes that came since the deadline was moved. */
  #sinceExtended = 0;

  constructor(options: ConnectionOptions, parent: Parent, piece: PieceFetch) {
    this.#options = options;
    this.#parent = parent;
    this.#piece = piece;
    const { into } = piece;
    const checked: Destination = {
      fd: into.fd,
      offset: into.offset,
      length: into.length,
      ...(into.has === undefined ? {} : { has: (block) => into.has?.(block) ?? false }),
      onBlock: (number, length, crc) => {
        this.#blocks.push({ number, length, crc });
        this.#crc = crc32Combine(this.#crc, crc, length);
      },
    };
    this.#pump = new FilePump(checked, options.buffers);
    this.#ended = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  async run(signal: AbortSignal): Promise<Fetched> {
    const { clock } = this.#options;
    const deadline = deadlineSignal(clock, `an answer of the parent ${this.#name}`, PIECE_CONNECT_MS, signal);
    this.#deadline = deadline;
    const onAbort = () => this.#settle(deadline.signal.reason);
    deadline.signal.addEventListener("abort", onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = (error) => (error === undefined ? resolve() : reject(error));
        if (deadline.signal.aborted) onAbort();
        else this.#open();
      });
      return await this.#check();
    } catch (error) {
      await this.#pump.abort();
      throw error;
    } finally {
      deadline.close();
      this.#socket?.destroy();
      this.#release();
      this.#finish();
    }
  }

  /** Gives up; resolves when nothing is written any more. */
  end(reason: Error): Promise<void> {
    this.#settle(reason);
    return this.#ended;
  }

  get #name(): string {
    const { ip, port, peerId } = this.#parent;
    return `${peerId} (${ip}:${port})`;
  }

  #open(): void {
    const { taskId, piece } = this.#piece;
    const { socket, ready, release } = this.#options.open(this.#parent, (bytes) => this.#take(bytes));
    this.#socket = socket;
    this.#release = release;
    socket.once(ready, () => {
      this.#deadline?.extend(PIECE_SILENCE_MS);
      socket.write(encodeRequest({ family: "standard", taskId, piece }, 0));
    });
    socket.once("error", (error) =>
      this.#settle(
        new UnavailableError(`the parent ${this.#name} failed: ${error.message}`, { cause: error }),
      ),
    );
    socket.once("end", () => this.#cutShort());
    socket.once("close", () => this.#cutShort());
  }

  #cutShort(): void {
    const { received } = this.#pump;
    if (this.#metadata === undefined || received < this.#metadata.length)
      this.#settle(
        new UnavailableError(
          `the parent ${this.#name} closed the connection after ${received} bytes of the piece`,
        ),
      );
  }

  /** Who sends next to nothing is as good as silent. */
  #progress(bytes: number): void {
    this.#sinceExtended += bytes;
    if (this.#sinceExtended < PIECE_PROGRESS_BYTES) return;
    this.#sinceExtended = 0;
    this.#deadline?.extend(PIECE_SILENCE_MS);
  }

  /** @returns whether to go on reading: the buffer is used again at once */
  #take(chunk: Buffer): boolean {
    try {
      this.#progress(chunk.length);
      if (this.#head === undefined) return this.#move(chunk);
      const rest = this.#readHead(Buffer.concat([this.#head, chunk]));
      return rest === undefined || rest.length === 0 || this.#move(rest);
    } catch (error) {
      this.#settle(
        error instanceof InvalidInputError
          ? new IntegrityError(`the parent ${this.#name} does not speak vortex: ${error.message}`)
          : error,
      );
      return false;
    }
  }

  /** @returns what came of the piece behind the answer's head; undefined while that is not whole */
  #readHead(came: Buffer): Buffer | undefined {
    const answer = decodeAnswer(came, "standard");
    if (answer === undefined) {
      if (came.length > HEAD_BYTES_MAX) throw new InvalidInputError("its answer has no end");
      this.#head = came;
      return undefined;
    }
    if (answer.kind === "error") throw refusal(this.#name, answer);
    this.#head = undefined;
    this.#metadata = this.#checkedMetadata(answer.metadata);
    const rest = came.subarray(answer.bytes);
    if (rest.length === 0 && this.#metadata.length === 0) this.#settle();
    return rest;
  }

  #checkedMetadata(metadata: PieceMetadata): PieceMetadata {
    const { piece, into, digest } = this.#piece;
    const wrong = (what: string) => new IntegrityError(`the parent ${this.#name} sent ${what}`);
    if (metadata.number !== piece) throw wrong(`piece ${metadata.number} in place of ${piece}`);
    if (metadata.offset !== into.offset)
      throw wrong(`piece ${piece} at ${metadata.offset} in place of ${into.offset}`);
    if (into.length !== undefined && metadata.length !== into.length)
      throw wrong(`${metadata.length} bytes for piece ${piece} in place of ${into.length}`);
    if (digest !== undefined && metadata.digest !== "" && metadata.digest !== digest)
      throw wrong(`piece ${piece} with the digest ${metadata.digest} in place of ${digest}`);
    return metadata;
  }

  #move(chunk: Buffer): boolean {
    const pause = this.#pump.write(chunk);
    const isWhole = () => this.#pump.received === this.#metadata?.length;
    if (pause === undefined) {
      if (isWhole()) this.#settle();
      return true;
    }
    pause.then(
      () => (isWhole() ? this.#settle() : this.#socket?.resume()),
      (error) => this.#settle(error),
    );
    return false;
  }

  async #check(): Promise<Fetched> {
    const result = await this.#pump.end();
    const actual = crc32Digest(this.#crc);
    const { digest } = this.#piece;
    // A parent that never computed one sends none: then only what is known from elsewhere can be compared.
    const told = this.#metadata?.digest ?? "";
    for (const expected of [told, digest ?? ""])
      if (expected !== "" && expected !== actual)
        throw new IntegrityError(
          `the parent ${this.#name} sent bytes with the digest ${actual}, not ${expected}`,
        );
    for (const { number, length, crc } of this.#blocks) this.#piece.into.onBlock(number, length, crc);
    return { ...result, digest: actual };
  }
}

function refusal(name: string, { code, message }: { code: number; message: string }): P2pfsError {
  const said = `the parent ${name} says: ${message}`;
  if (code === ERROR_CODE.NOT_FOUND) return new NotFoundError(said);
  return fromUnknown(new UnavailableError(said));
}
