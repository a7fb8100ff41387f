/**
 * The content of one inode while files of it are open: one version, whoever reads. Answers a read with a place in the
 * content file, waits for what is missing, and wants ahead what the windows advise. Bytes do not pass through here.
 */
import { strict as assert } from "node:assert";
import type { Clock } from "../base/clock.ts";
import { P2pfsError, PermissionError } from "../base/errors.ts";
import { MOUNT_REQUEST_MS, READ_ATTEMPTS_MAX } from "../base/limits.ts";
import type { Logger } from "../base/logger.ts";
import { fromUnknown } from "../base/node-errors.ts";
import type { NodeAttributes, OpenContent, OpenText } from "./content-source.ts";
import { type ByteRange, type ReadAheadBudget, ReadWindows } from "./read-window.ts";
import { waitFor } from "./request-wait.ts";

/** Where the bytes of a read are. Whoever got it calls `end()` once the bytes were taken, whatever became of them. */
export interface ReadPlan {
  /** Bytes made at open (control files); undefined: read them from `fd`. */
  readonly bytes: Uint8Array | undefined;
  /** Descriptor of the content file; valid until `end()`. */
  readonly fd: number;
  /** Offset in the content file, bytes. */
  readonly offset: number;
  /** Bytes to answer with, exactly: fewer than asked only at the end of the file; a shorter pread(2) is an I/O error. */
  readonly length: number;
  /** True when the bytes were written since the file was opened, so that they are in the page cache most likely. */
  readonly recent: boolean;
  /** Tells this content from every other of the process. */
  readonly contentNumber: number;
  end(): void;
}

/** What opened files share. */
export interface OpenedFileEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly budget: ReadAheadBudget;
  readonly requestMs?: number;
}

const NO_BLOCKS = new Uint8Array(0);
let contentCount = 0;

function isText(opened: OpenContent | OpenText): opened is OpenText {
  return "bytes" in opened;
}

/** Closed by whoever opened it, after every handle was. */
export class OpenedFile {
  readonly attributes: NodeAttributes;
  readonly #content: OpenContent | undefined;
  readonly #text: OpenText | undefined;
  /** From the moment on when something is missing. */
  #windows: ReadWindows | undefined;
  /** The bits as they were at open: what is set beyond them was written since. */
  readonly #blocksAtOpen: Uint8Array;
  readonly #env: OpenedFileEnvironment;
  readonly #number = ++contentCount;
  #plans = 0;
  #superseded = false;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(opened: OpenContent | OpenText, env: OpenedFileEnvironment) {
    this.attributes = opened.attributes;
    this.#env = env;
    this.#text = isText(opened) ? opened : undefined;
    this.#content = isText(opened) ? undefined : opened;
    const content = this.#content;
    const isLazy = content !== undefined && !content.complete;
    this.#blocksAtOpen = isLazy ? content.blocks.slice() : NO_BLOCKS;
  }

  /** Names its bytes among those of its path; a control file's are new at each opening. */
  get version(): string {
    return this.#text === undefined ? this.attributes.version : `opening ${this.#number}`;
  }

  /** The content, for bindings that answer reads below this process; undefined for bytes made at open. */
  get content(): OpenContent | undefined {
    return this.#content;
  }

  /** All bytes are here. */
  get complete(): boolean {
    return this.#content?.complete ?? true;
  }

  /** The source has another version, and what is missing of this one can no longer be had. */
  get superseded(): boolean {
    return this.#superseded;
  }

  /** See `superseded`; bytes already here go on being read. */
  supersede(): void {
    this.#superseded = true;
  }

  /**
   * Where the bytes are, at once when they are here. Offsets behind the end give a plan of length 0.
   * @param reader the handle, for the windows
   * @param signals abort the wait with their reason
   * @throws what `want` rejects with: ChangedError, UnavailableError, DeadlineError, …
   */
  read(
    reader: number,
    range: ByteRange,
    signals: readonly (AbortSignal | undefined)[],
  ): ReadPlan | Promise<ReadPlan> {
    assert(this.#closing === undefined, "a closed file is not read");
    const size = this.attributes.size;
    const offset = Math.min(range.offset, size);
    const length = Math.min(range.length, size - offset);
    const content = this.#content;
    if (content === undefined || length === 0) return this.#plan(offset, length, false);
    if (content.complete) return this.#plan(offset, length, this.#isRecent(content, offset, length));
    const wanted = { offset, length };
    if (arePresent(content.blocks, content.blockBytes, wanted)) {
      this.#advance(reader, wanted);
      return this.#plan(offset, length, this.#isRecent(content, offset, length));
    }
    return this.#fetch(content, reader, wanted, signals);
  }

  /** For who may have the first block only. @throws PermissionError when the range needs a block behind it that is not here */
  refuseBehindHeader(range: ByteRange): void {
    const content = this.#content;
    const length = Math.min(range.length, this.attributes.size - range.offset);
    if (content === undefined || content.complete || length <= 0) return;
    const missing = trimPresent(content.blocks, content.blockBytes, { offset: range.offset, length });
    if (missing === undefined || missing.offset + missing.length <= content.blockBytes) return;
    throw new PermissionError(
      "a program that reads headers gets no more than the first block (mount.headerReaders)",
      {
        details: { guarded: true },
      },
    );
  }

  /** A read was answered without read(): what is read ahead follows it all the same. */
  observe(reader: number, range: ByteRange): void {
    assert(this.#closing === undefined, "a closed file is not read");
    this.#content?.wasRead(range);
    this.#advance(reader, range);
  }

  /** A handle was closed: nothing is read ahead for it any more. */
  leave(reader: number): void {
    this.#windows?.leave(reader);
  }

  /** Waits for reads under way, then closes the content. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#plans > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    await (this.#content ?? this.#text)?.close();
  }

  async #fetch(
    content: OpenContent,
    reader: number,
    range: ByteRange,
    signals: readonly (AbortSignal | undefined)[],
  ): Promise<ReadPlan> {
    const { clock, requestMs = MOUNT_REQUEST_MS } = this.#env;
    const wait = { clock, what: "the file's bytes", afterMs: requestMs, parents: signals };
    for (let attempt = 1; ; attempt++) {
      try {
        await waitFor(wait, async (signal) => {
          // Asked before the windows advise anything: a blocked reader comes first.
          const wanted = content.want(range, "demand", signal);
          if (attempt === 1) this.#advance(reader, range);
          await wanted;
        });
      } catch (error) {
        this.#noteChange(error);
        throw error;
      }
      // What was evicted again before we came is asked for again.
      if (arePresent(content.blocks, content.blockBytes, range))
        return this.#plan(range.offset, range.length, true);
      if (attempt === READ_ATTEMPTS_MAX)
        throw new P2pfsError("INTERNAL", "the bytes that were promised are not here");
    }
  }

  #plan(offset: number, length: number, recent: boolean): ReadPlan {
    this.#plans += 1;
    const release = length === 0 ? undefined : this.#content?.hold({ offset, length });
    let ended = false;
    return {
      bytes: this.#text?.bytes.subarray(offset, offset + length),
      fd: this.#content?.fd ?? -1,
      offset,
      length,
      recent,
      contentNumber: this.#number,
      end: () => {
        assert(!ended, "a read ends once");
        ended = true;
        release?.();
        this.#plans -= 1;
        if (this.#plans === 0) this.#drained?.();
      },
    };
  }

  #isRecent(content: OpenContent, offset: number, length: number): boolean {
    if (this.#blocksAtOpen.length === 0) return false;
    const first = Math.floor(offset / content.blockBytes);
    const last = Math.floor((offset + length - 1) / content.blockBytes);
    for (let block = first; block <= last; block++) {
      if (hasBlock(this.#blocksAtOpen, block)) return false;
    }
    return true;
  }

  #advance(reader: number, range: ByteRange): void {
    const content = this.#content;
    if (content === undefined) return;
    const advice = this.#windowsOf(content)?.observe(reader, range, this.#env.clock.monotonicMs());
    if (advice === undefined) return;
    const missing = trimPresent(content.blocks, content.blockBytes, advice.range);
    if (missing === undefined) return;
    content.want(missing, "read-ahead").catch((error: unknown) => {
      // Nobody waits for it: a reader that comes so far is told by its own want.
      this.#windows?.failed(advice.stream);
      this.#noteChange(error);
      const { code, message } = fromUnknown(error);
      this.#env.logger.debug({ code, reason: message, ...missing }, "read-ahead failed");
    });
  }

  /** undefined as long as nothing was ever missing. */
  #windowsOf(content: OpenContent): ReadWindows | undefined {
    if (this.#windows !== undefined || content.complete) return this.#windows;
    const windows = new ReadWindows({
      sizeBytes: content.attributes.size,
      pieceBytes: content.pieceBytes,
      budget: this.#env.budget,
      drop: (range) => content.unwant(range),
    });
    content.follow(() => windows.readers(this.#env.clock.monotonicMs()));
    this.#windows = windows;
    return windows;
  }

  #noteChange(error: unknown): void {
    if (error instanceof P2pfsError && error.code === "CHANGED") this.supersede();
  }
}

function hasBlock(blocks: Uint8Array, block: number): boolean {
  return ((blocks[block >> 3] ?? 0) & (1 << (block & 7))) !== 0;
}

function arePresent(blocks: Uint8Array, blockBytes: number, range: ByteRange): boolean {
  const last = Math.floor((range.offset + range.length - 1) / blockBytes);
  for (let block = Math.floor(range.offset / blockBytes); block <= last; block++) {
    if (!hasBlock(blocks, block)) return false;
  }
  return true;
}

/** The range from its first missing block to its last; undefined when none is missing. */
function trimPresent(blocks: Uint8Array, blockBytes: number, range: ByteRange): ByteRange | undefined {
  const end = range.offset + range.length;
  let first = Math.floor(range.offset / blockBytes);
  let last = Math.floor((end - 1) / blockBytes);
  while (first <= last && hasBlock(blocks, first)) first += 1;
  while (last >= first && hasBlock(blocks, last)) last -= 1;
  if (first > last) return undefined;
  const offset = Math.max(range.offset, first * blockBytes);
  return { offset, length: Math.min(end, (last + 1) * blockBytes) - offset };
}
