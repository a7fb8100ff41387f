/**
 * The journal of one mount: a file in memory that the mount's holder keeps, so that it outlives the process which serves
 * the mount and nothing else does. Lines are gathered and written before the answer they belong to leaves; from time to
 * time what is still true is written anew behind them. The first 8 bytes say where the lines begin that count.
 *
 *   0   u64  offset of the first line that counts; a compaction moves it, in one write, once its lines are there
 *   8   lines of journal-records.ts
 */
import { fstatSync, readSync, writeSync } from "node:fs";
import {
  JOURNAL_BUFFER_BYTES,
  JOURNAL_COMPACT_BYTES_MIN,
  JOURNAL_LINE_INODES,
} from "../../../base/limits.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { InodeJournal, KeptInode } from "../../inode-journal.ts";
import type { Inode } from "../../inode-table.ts";
import { UNIQUE_RESENT } from "../kernel-abi/opcodes.ts";
import { type Agreement, JOURNAL_LINE, JournalState, type KeptHandle } from "./journal-records.ts";

const HEADER_BYTES = 8;

/** What a request that was sent again has opened already: its answer never left, so nobody will release it. */
export function openedBefore(
  journal: MountJournal | undefined,
  kind: KeptHandle["kind"],
  unique: bigint,
): KeptHandle | undefined {
  if (journal === undefined || (unique & UNIQUE_RESENT) === 0n) return undefined;
  return journal.openedBy(kind, unique);
}

/** Gives the pages of a range back; the file's size stays. */
export type FreeRange = (offset: number, length: number) => Promise<void>;

export class MountJournal implements InodeJournal {
  readonly #fd: number;
  readonly #free: FreeRange;
  readonly #handles = new Map<string, KeptHandle>();
  /** "kind unique" → handle, for as long as it is open. */
  readonly #openedBy = new Map<string, KeptHandle>();
  #agreement: Agreement | undefined;
  #inodes: () => { inodes: Iterable<KeptInode>; last: number } = () => ({ inodes: [], last: 0 });
  #last: Readonly<Record<KeptHandle["kind"], number>>;
  #begin: number;
  #end: number;
  #compactAt: number;
  #lines = "";
  /** Inodes whose line is not made yet. */
  #met: KeptInode[] = [];
  #stopped = false;
  #buffer: Buffer | undefined;

  private constructor(
    fd: number,
    free: FreeRange,
    range: { begin: number; end: number },
    { agreement, last }: JournalState,
  ) {
    this.#fd = fd;
    this.#free = free;
    this.#agreement = agreement;
    this.#last = last;
    this.#begin = range.begin;
    this.#end = range.end;
    this.#compactAt = range.end + JOURNAL_COMPACT_BYTES_MIN;
  }

  /**
   * Reads what an earlier process wrote; an empty file is a new journal. The caller closes the descriptor after stop().
   * @throws P2pfsError when the file cannot be read, or is no journal
   */
  static open(fd: number, free: FreeRange): { journal: MountJournal; state: JournalState } {
    try {
      const { size } = fstatSync(fd);
      const header = Buffer.alloc(HEADER_BYTES);
      const begin =
        size < HEADER_BYTES || readSync(fd, header, 0, HEADER_BYTES, 0) < HEADER_BYTES
          ? HEADER_BYTES
          : Math.max(HEADER_BYTES, Number(header.readBigUInt64LE()));
      const bytes = Buffer.alloc(Math.max(0, size - begin));
      let got = 0;
      while (got < bytes.length) {
        const count = readSync(fd, bytes, got, bytes.length - got, begin + got);
        if (count === 0) break;
        got += count;
      }
      const state = JournalState.of(bytes.toString("utf8", 0, got));
      const range = { begin, end: Math.max(size, HEADER_BYTES) };
      return { journal: new MountJournal(fd, free, range, state), state };
    } catch (error) {
      throw fromUnknown(error, "the journal of the mount cannot be read");
    }
  }

  /** Where inodes come from when what is still true is written anew. Writes it: nothing of an earlier process counts any more. */
  begin(inodes: () => { inodes: Iterable<KeptInode>; last: number }): void {
    this.#inodes = inodes;
    this.#compact();
  }

  agreed(agreement: Agreement): void {
    this.#agreement = agreement;
    this.#add(JOURNAL_LINE.agreed(agreement));
  }

  met(inode: Inode): void {
    if (!this.#stopped) this.#met.push(inode);
  }
  lookedUp(number: number): void {
    this.#add(JOURNAL_LINE.lookedUp(number));
  }
  forgot(number: number, count: number): void {
    this.#add(JOURNAL_LINE.forgot(number, count));
  }
  retired(number: number): void {
    this.#add(JOURNAL_LINE.retired(number));
  }
  shown(number: number, version: string): void {
    this.#add(JOURNAL_LINE.shown(number, version));
  }

  opened(opened: KeptHandle): void {
    this.restored(opened);
    this.#add(JOURNAL_LINE.opened(opened));
  }

  /** An earlier process opened it, and its journal says so. */
  restored(opened: KeptHandle): void {
    const { kind, handle, unique } = opened;
    this.#handles.set(`${kind} ${handle}`, opened);
    this.#openedBy.set(requestKey(kind, unique), opened);
    if (handle > this.#last[kind]) this.#last = { ...this.#last, [kind]: handle };
  }

  released(kind: KeptHandle["kind"], handle: number): void {
    const key = `${kind} ${handle}`;
    const opened = this.#handles.get(key);
    if (opened === undefined) return;
    this.#handles.delete(key);
    this.#openedBy.delete(requestKey(kind, opened.unique));
    this.#add(JOURNAL_LINE.released(kind, handle));
  }

  /** What a request has opened already, though its answer never left. */
  openedBy(kind: KeptHandle["kind"], unique: bigint): KeptHandle | undefined {
    return this.#openedBy.get(requestKey(kind, unique));
  }

  /** Called before an answer leaves that the lines belong to. */
  flush(): void {
    if (this.#lines === "" && this.#met.length === 0) return;
    this.#writeLines();
    if (this.#end >= this.#compactAt) this.#compact();
  }

  /** From now on nothing is written: what is being closed is to be opened again by the successor. */
  stop(): void {
    this.flush();
    this.#stopped = true;
  }

  #add(line: string): void {
    if (this.#stopped) return;
    this.#lineOfMet();
    this.#lines += line;
  }

  /** Puts down those met, as they are now: before anything else is said, and before the kernel knows. */
  #lineOfMet(): void {
    if (this.#met.length === 0) return;
    this.#lines += JOURNAL_LINE.inodes(this.#met);
    this.#met = [];
  }

  #writeLines(): void {
    this.#lineOfMet();
    const bytes = this.#bytesOf(this.#lines);
    this.#lines = "";
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#end + done);
    this.#end += bytes.length;
  }

  #bytesOf(text: string): Uint8Array {
    // A character has three bytes at most.
    if (text.length * 3 > JOURNAL_BUFFER_BYTES) return Buffer.from(text);
    this.#buffer ??= Buffer.allocUnsafeSlow(JOURNAL_BUFFER_BYTES);
    return this.#buffer.subarray(0, this.#buffer.write(text));
  }

  /** Writes what is still true, then moves the beginning there. */
  #compact(): void {
    if (this.#stopped) return;
    const old = this.#begin;
    const begin = this.#end;
    const { inodes, last } = this.#inodes();
    this.#lines = JOURNAL_LINE.last({ ...this.#last, inode: last });
    if (this.#agreement !== undefined) this.#add(JOURNAL_LINE.agreed(this.#agreement));
    this.#met = [];
    for (const inode of inodes) {
      this.#met.push(inode);
      if (this.#met.length >= JOURNAL_LINE_INODES) this.#writeLines();
    }
    for (const opened of this.#handles.values()) this.#add(JOURNAL_LINE.opened(opened));
    this.#writeLines();
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeBigUInt64LE(BigInt(begin));
    writeSync(this.#fd, header, 0, HEADER_BYTES, 0);
    this.#begin = begin;
    this.#compactAt = this.#end + Math.max(JOURNAL_COMPACT_BYTES_MIN, 2 * (this.#end - begin));
    // Where that is not possible the file grows until its mount ends.
    if (begin > old) this.#free(old, begin - old).catch(() => undefined);
  }
}

/** A request is the same one when it is sent again. */
function requestKey(kind: KeptHandle["kind"], unique: bigint): string {
  return `${kind} ${unique & ~UNIQUE_RESENT}`;
}
