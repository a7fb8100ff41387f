/**
 * What a mount's journal holds: one record a line, each a JSON array that begins with its kind. Records, their lines, and
 * what they add up to; pure. Where the lines lie is mount-journal.ts.
 */
import type { KeptInode } from "../../inode-journal.ts";

/** What was agreed with the kernel in INIT. */
export interface Agreement {
  readonly minor: number;
  /** INIT_FLAG. */
  readonly flags: bigint;
  readonly passthrough: boolean;
}

/** An open file or directory. */
export interface KeptHandle {
  readonly handle: number;
  readonly nodeid: number;
  readonly kind: "file" | "directory";
  /** `unique` of the request that opened it: sent again when its answer never left. */
  readonly unique: bigint;
  /** 0: not passed through. */
  readonly backingId: number;
  /** OpenContent.resume; undefined: bytes made at open. */
  readonly resume: string | undefined;
}

/** Numbers up to these were given. */
export interface LastNumbers {
  readonly inode: number;
  readonly file: number;
  readonly directory: number;
}

/** Lines of records; each ends with its line break. */
export const JOURNAL_LINE = {
  agreed: ({ minor, flags, passthrough }: Agreement) => line("a", minor, flags.toString(16), passthrough),
  // One line for many, and no list within the list: every name of a listing is written, and this costs a fraction.
  inodes: (inodes: readonly KeptInode[]) => {
    const fields: unknown[] = ["i"];
    for (const { number, ino, node, lookups, current, shownVersion } of inodes)
      fields.push(number, ino, node.kind, node.key, lookups, current, shownVersion ?? null);
    return `${JSON.stringify(fields)}\n`;
  },
  lookedUp: (number: number) => `["l",${number}]\n`,
  forgot: (number: number, count: number) => `["f",${number},${count}]\n`,
  retired: (number: number) => `["r",${number}]\n`,
  shown: (number: number, version: string) => line("s", number, version),
  opened: ({ handle, nodeid, kind, unique, backingId, resume }: KeptHandle) =>
    line("o", handle, nodeid, kind, unique.toString(16), backingId, resume ?? null),
  released: (kind: KeptHandle["kind"], handle: number) => line("c", kind, handle),
  last: ({ inode, file, directory }: LastNumbers) => line("n", inode, file, directory),
} as const;

function line(...fields: readonly unknown[]): string {
  return `${JSON.stringify(fields)}\n`;
}

type InodeFields = [number, number, KeptInode["node"]["kind"], string, number, boolean, string | null];
/** Of one inode in a line. */
const INODE_FIELDS = 7;
type HandleFields = [number, number, KeptHandle["kind"], string, number, string | null];

/** Everything that a journal says, added up. */
export class JournalState {
  agreement: Agreement | undefined;
  readonly inodes = new Map<number, KeptInode>();
  last: LastNumbers = { inode: 0, file: 0, directory: 0 };
  readonly #handles = new Map<string, KeptHandle>();

  /** Adds up lines. What follows the last line break was cut off in the writing, before anybody acted on it. */
  static of(text: string): JournalState {
    const state = new JournalState();
    for (const each of text.slice(0, text.lastIndexOf("\n") + 1).split("\n"))
      if (each !== "") state.#add(JSON.parse(each) as [string, ...unknown[]]);
    return state;
  }

  get handles(): Iterable<KeptHandle> {
    return this.#handles.values();
  }

  #add([code, ...fields]: [string, ...unknown[]]): void {
    if (code === "a") {
      const [minor, flags, passthrough] = fields as [number, string, boolean];
      this.agreement = { minor, flags: BigInt(`0x${flags}`), passthrough };
    } else if (code === "i") {
      for (let at = 0; at < fields.length; at += INODE_FIELDS)
        this.#addInode(fields.slice(at, at + INODE_FIELDS) as InodeFields);
    } else if (code === "o") this.#addHandle(fields as HandleFields);
    else if (code === "c") this.#handles.delete(fields.join(" "));
    else if (code === "n") {
      const [inode, file, directory] = fields as [number, number, number];
      this.#count({ inode, file, directory });
    } else this.#change(code, fields as [number, never]);
  }

  #addInode([number, ino, kind, key, lookups, current, shown]: InodeFields): void {
    const shownVersion = shown ?? undefined;
    this.inodes.set(number, { number, ino, node: { kind, key }, lookups, current, shownVersion });
    this.#count({ inode: number });
  }

  #addHandle([handle, nodeid, kind, unique, backingId, resume]: HandleFields): void {
    this.#handles.set(`${kind} ${handle}`, {
      handle,
      nodeid,
      kind,
      unique: BigInt(`0x${unique}`),
      backingId,
      resume: resume ?? undefined,
    });
    this.#count({ [kind]: handle });
  }

  /** Of inodes that are not known nothing has to be kept. */
  #change(code: string, [number, value]: [number, never]): void {
    const inode = this.inodes.get(number);
    if (inode === undefined) return;
    const lookups = code === "l" ? inode.lookups + 1 : code === "f" ? inode.lookups - value : inode.lookups;
    if (lookups <= 0) this.inodes.delete(number);
    else if (code === "r") this.inodes.set(number, { ...inode, current: false });
    else if (code === "s") this.inodes.set(number, { ...inode, shownVersion: value });
    else this.inodes.set(number, { ...inode, lookups });
  }

  #count(numbers: Partial<LastNumbers>): void {
    const { inode = 0, file = 0, directory = 0 } = numbers;
    const { last } = this;
    this.last = {
      inode: Math.max(last.inode, inode),
      file: Math.max(last.file, file),
      directory: Math.max(last.directory, directory),
    };
  }
}
