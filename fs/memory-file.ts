/**
 * One file of the in-memory source: its versions, each with a real temporary file that blocks are written to as they
 * arrive. When they arrive, and whether, is set from outside.
 */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { orAborted } from "../base/deadline.ts";
import { ChangedError, P2pfsError } from "../base/errors.ts";
import type { NodeAttributes, OpenContent, OrderlyReader, Priority } from "./content-source.ts";
import { sharedController } from "./request-wait.ts";

/** The bytes a file has at its origin. */
export interface MemoryContent {
  readonly size: number;
  bytes(offset: number, length: number): Uint8Array;
}

/** One call of want() or unwant(). */
export interface WantRecord {
  readonly offset: number;
  readonly length: number;
  readonly priority: Priority | "unwanted";
}

/** What happens to blocks that are wanted: they come, wait until the gate opens, or fail. */
export type Gate = "open" | "held" | P2pfsError;

export interface MemoryFileSpec {
  readonly content: MemoryContent;
  /** Where its temporary files lie. */
  readonly folder: string;
  readonly name: string;
  readonly blockBytes: number;
  readonly pieceBytes: number;
  /** True: all blocks of the first version are in the file from the start. */
  readonly present: boolean;
}

interface Version {
  readonly number: number;
  readonly content: MemoryContent;
  readonly path: string;
  readonly fd: number;
  readonly blocks: Uint8Array;
  /** Blocks that are not in the file. */
  missing: number;
  /** Blocks that were evicted and whose bytes are there still: nothing may come there yet. */
  readonly going: Set<number>;
  /** Blocks that came because somebody wanted them, and were not read since. */
  readonly unread: Set<number>;
}

interface ByteSpan {
  readonly offset: number;
  readonly length: number;
}

/** Deterministic bytes: the same for the same seed, different at every word. */
export function patternContent(size: number, seed: number): MemoryContent {
  return { size, bytes: (offset, length) => patternBytes(seed, offset, length) };
}

/** The bytes of `patternContent` at a place. */
export function patternBytes(seed: number, offset: number, length: number): Buffer {
  const firstWord = Math.floor(offset / 4);
  const words = new Uint32Array(Math.ceil((offset + length) / 4) - firstWord);
  for (let i = 0; i < words.length; i++) {
    // MurmurHash3's finaliser over the word's index: no period shorter than the file.
    let word = Math.imul(firstWord + i + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    words[i] = word ^ (word >>> 16);
  }
  return Buffer.from(words.buffer, offset - firstWord * 4, length);
}

/** Given bytes as content. */
export function bytesContent(bytes: Uint8Array | string): MemoryContent {
  const all = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return { size: all.length, bytes: (offset, length) => all.subarray(offset, offset + length) };
}

/** Closed by the source. */
export class MemoryFile {
  readonly wants: WantRecord[] = [];
  /** Whether it may be passed through to the kernel when it is complete. */
  passesThrough = true;
  /** Who reads it in order, as last told. */
  readers: () => readonly OrderlyReader[] = () => [];
  readonly #held = new Set<ByteSpan>();
  #keepers = 0;
  /** One for each time a drain was named. */
  readonly #drains = new Set<{ readonly drain: () => Promise<void> }>();
  readonly #spec: MemoryFileSpec;
  readonly #versions: Version[] = [];
  #version: Version;
  #gate: Gate = "open";
  #passed: (() => void)[] = [];
  #opens = 0;
  #openNow = 0;

  constructor(spec: MemoryFileSpec) {
    this.#spec = spec;
    this.#version = this.#begin(spec.content, spec.present);
  }

  get size(): number {
    return this.#version.content.size;
  }

  get version(): string {
    return `v${this.#version.number}`;
  }

  /** Times it was opened, and contents open now. */
  get opens(): { readonly total: number; readonly now: number } {
    return { total: this.#opens, now: this.#openNow };
  }

  /** Where the newest version's bytes lie. */
  get contentPath(): string {
    return this.#version.path;
  }

  /** Blocks of the newest version that are in the file. */
  get presentBlocks(): number[] {
    const { blocks, content } = this.#version;
    const count = Math.ceil(content.size / this.#spec.blockBytes);
    return Array.from({ length: count }, (_, block) => block).filter((block) => hasBlock(blocks, block));
  }

  /** All bytes of the newest version are in the file. */
  get complete(): boolean {
    return this.#version.missing === 0;
  }

  /** New bytes at the origin: blocks of older versions that are missing can no longer be had. */
  update(content: MemoryContent, options: { present?: boolean } = {}): void {
    this.#version = this.#begin(content, options.present ?? false);
    this.#pass();
  }

  /** See Gate. Opening it lets everything through that waits. */
  setGate(gate: Gate): void {
    this.#gate = gate;
    if (gate !== "held") this.#pass();
  }

  /** Puts blocks into the file, wanted or not. */
  arrive(blocks: readonly number[]): void {
    for (const block of blocks) this.#write(this.#version, block);
    this.#pass();
  }

  /**
   * Takes a block away: its bit at once, its bytes when nobody reads them any more, so that whoever reads on gets zeros.
   * @param options.unreadToo also what came for somebody who has not read it yet; default false
   * @returns false when somebody holds it, or the whole, or it came for somebody who has not read it yet
   */
  evict(block: number, options: { readonly unreadToo: boolean } = { unreadToo: false }): boolean {
    const version = this.#version;
    if (!hasBlock(version.blocks, block)) return true;
    const isUnread = version.unread.has(block) && !options.unreadToo;
    if (this.#keepers > 0 || isUnread || this.isHeld(block)) return false;
    version.blocks[block >> 3] = (version.blocks[block >> 3] ?? 0) & ~(1 << (block & 7));
    version.missing += 1;
    version.going.add(block);
    void Promise.all([...this.#drains].map(({ drain }) => drain())).then(() => this.#zero(version, block));
    return true;
  }

  /** Somebody relies on the file staying whole. */
  get isKept(): boolean {
    return this.#keepers > 0;
  }

  /** Whether a read of the block is under way. */
  isHeld(block: number): boolean {
    const { blockBytes } = this.#spec;
    for (const { offset, length } of this.#held)
      if (offset < (block + 1) * blockBytes && offset + length > block * blockBytes) return true;
    return false;
  }

  /** Cuts the newest version's local file short below its bits, as a fault of the disk would. */
  damage(bytes: number): void {
    ftruncateSync(this.#version.fd, bytes);
  }

  /** @param resume of an earlier opening: its version again. @throws P2pfsError STALE */
  open(
    attributes: (size: number, version: string) => NodeAttributes,
    resume: string = this.version,
  ): OpenContent {
    const version = this.#versions.find(({ number }) => `v${number}` === resume);
    if (version === undefined) throw new P2pfsError("STALE", "that version is not here any more");
    const fd = openSync(version.path, "r");
    this.#opens += 1;
    this.#openNow += 1;
    const closed = sharedController();
    const { blockBytes, pieceBytes } = this.#spec;
    return {
      attributes: attributes(version.content.size, `v${version.number}`),
      fd,
      blocks: version.blocks,
      blockBytes,
      pieceBytes,
      get complete() {
        return version.missing === 0;
      },
      resume: `v${version.number}`,
      want: (range, priority, signal) => this.#want(version, range, priority, [closed.signal, signal]),
      unwant: (range) => void this.wants.push({ ...range, priority: "unwanted" }),
      hold: (range) => {
        const held = { ...range };
        this.#wasRead(version, range);
        this.#held.add(held);
        return () => void this.#held.delete(held);
      },
      wasRead: (range) => this.#wasRead(version, range),
      keepWhole: () => this.#keepWhole(),
      passThrough: () => (version.missing === 0 && this.passesThrough ? this.#keepWhole() : undefined),
      addDrain: (drain) => {
        const named = { drain };
        this.#drains.add(named);
        return () => void this.#drains.delete(named);
      },
      follow: (readers) => {
        this.readers = readers;
      },
      close: async () => {
        if (closed.signal.aborted) return;
        closed.abort(new P2pfsError("CLOSED", "the content is closed"));
        this.#openNow -= 1;
        closeSync(fd);
      },
    };
  }

  close(): void {
    for (const { fd } of this.#versions.splice(0)) closeSync(fd);
  }

  #wasRead(version: Version, { offset, length }: ByteSpan): void {
    const { blockBytes } = this.#spec;
    for (let block = Math.floor(offset / blockBytes); block * blockBytes < offset + length; block++)
      version.unread.delete(block);
  }

  #keepWhole(): () => void {
    this.#keepers += 1;
    let kept = true;
    return () => {
      if (kept) this.#keepers -= 1;
      kept = false;
    };
  }

  async #want(
    version: Version,
    range: { offset: number; length: number },
    priority: Priority,
    signals: readonly (AbortSignal | undefined)[],
  ): Promise<void> {
    this.wants.push({ ...range, priority });
    const { blockBytes } = this.#spec;
    const first = Math.floor(range.offset / blockBytes);
    const last = Math.floor((range.offset + range.length - 1) / blockBytes);
    for (let block = first; block <= last; block++) {
      while (!hasBlock(version.blocks, block)) {
        for (const signal of signals) if (signal?.aborted) throw signal.reason;
        if (version !== this.#version) throw new ChangedError("the origin holds another version now");
        if (version.going.has(block)) await this.#untilPassed(signals);
        else if (this.#gate === "open") {
          this.#write(version, block);
          version.unread.add(block);
        } else if (this.#gate !== "held") throw this.#gate;
        else await this.#untilPassed(signals);
      }
    }
  }

  async #untilPassed(signals: readonly (AbortSignal | undefined)[]): Promise<void> {
    let passing = new Promise<void>((resolve) => this.#passed.push(resolve));
    for (const signal of signals) passing = orAborted(passing, signal);
    await passing;
  }

  #pass(): void {
    for (const resolve of this.#passed.splice(0)) resolve();
  }

  #begin(content: MemoryContent, present: boolean): Version {
    const number = this.#versions.length + 1;
    const path = join(this.#spec.folder, `${this.#spec.name}.${number}`);
    const fd = openSync(path, "w");
    ftruncateSync(fd, content.size);
    const blockCount = Math.ceil(content.size / this.#spec.blockBytes);
    const blocks = new Uint8Array(Math.ceil(blockCount / 8));
    const version = {
      number,
      content,
      path,
      fd,
      blocks,
      missing: blockCount,
      going: new Set<number>(),
      unread: new Set<number>(),
    };
    this.#versions.push(version);
    if (present) for (let block = 0; block < blockCount; block++) this.#write(version, block);
    return version;
  }

  #zero(version: Version, block: number): void {
    const { blockBytes } = this.#spec;
    const offset = block * blockBytes;
    const length = Math.min(blockBytes, version.content.size - offset);
    if (this.#versions.includes(version)) writeSync(version.fd, Buffer.alloc(length), 0, length, offset);
    version.going.delete(block);
    this.#pass();
  }

  #write(version: Version, block: number): void {
    if (hasBlock(version.blocks, block)) return;
    const { blockBytes } = this.#spec;
    const offset = block * blockBytes;
    const length = Math.min(blockBytes, version.content.size - offset);
    writeSync(version.fd, version.content.bytes(offset, length), 0, length, offset);
    version.blocks[block >> 3] = (version.blocks[block >> 3] ?? 0) | (1 << (block & 7));
    version.missing -= 1;
  }
}

function hasBlock(blocks: Uint8Array, block: number): boolean {
  return ((blocks[block >> 3] ?? 0) & (1 << (block & 7))) !== 0;
}
