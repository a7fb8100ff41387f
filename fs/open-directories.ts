/**
 * Listings under way: a snapshot for each open directory, read from the source page by page as far as it is asked for.
 * Cookies are positions in the snapshot, so they stay true until it is rewound.
 */
import type { Clock } from "../base/clock.ts";
import { CancelledError, LimitError, UnavailableError } from "../base/errors.ts";
import { DIRECTORY_ENTRIES_MAX, MOUNT_REQUEST_MS } from "../base/limits.ts";
import type { ContentSource, ListedEntry, SourceNode } from "./content-source.ts";
import { HandleTable } from "./handle-table.ts";
import type { Inode } from "./inode-table.ts";
import { isName } from "./name.ts";
import { sharedController, waitFor } from "./request-wait.ts";

/** One entry as readdir(3) gives it. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: SourceNode["kind"];
  /** Where to go on after this entry; 0 is the beginning. */
  readonly cookie: number;
}

interface DirectoryHandle {
  readonly inode: Inode;
  readonly controller: AbortController;
  snapshot: Snapshot;
}

interface Snapshot {
  readonly pages: AsyncIterator<readonly ListedEntry[]>;
  /** The cookie of each is its place, counted from 1. */
  readonly entries: DirectoryEntry[];
  readonly names: Set<string>;
  /** True once something of it was handed out. */
  begun: boolean;
  done: boolean;
  /** The page being read; readers of one handle take turns. */
  turn: Promise<void>;
}

export interface OpenDirectoriesOptions {
  readonly source: ContentSource;
  readonly clock: Clock;
  readonly handlesMax?: number;
  /** Handles are counted from here on. Default 0. */
  readonly handlesFrom?: number | undefined;
  readonly entriesMax?: number;
  readonly requestMs?: number;
  readonly hold: (inode: Inode) => void;
  readonly letGo: (inode: Inode) => void;
}

export class OpenDirectories {
  readonly #options: OpenDirectoriesOptions;
  readonly #handles: HandleTable<DirectoryHandle>;

  constructor(options: OpenDirectoriesOptions) {
    this.#options = options;
    this.#handles = new HandleTable(options.handlesMax, options.handlesFrom);
  }

  get handleCount(): number {
    return this.#handles.size;
  }

  /** @returns the handle's number. @throws P2pfsError TOO_MANY_OPEN */
  open(inode: Inode): number {
    const controller = sharedController();
    let opened = 0;
    this.#handles.add((number) => {
      opened = number;
      return { inode, controller, snapshot: this.#snapshot(inode, controller.signal) };
    });
    this.#options.hold(inode);
    return opened;
  }

  /** Opens a directory under the handle that an earlier process gave it. */
  restore(number: number, inode: Inode): void {
    const controller = sharedController();
    this.#handles.restore(number, { inode, controller, snapshot: this.#snapshot(inode, controller.signal) });
    this.#options.hold(inode);
  }

  /**
   * Entries behind a cookie, at most `countMax`, at least one unless the listing ends there. Cookie 0 after something was
   * read is rewinddir(3): the directory is listed anew.
   * @throws what the source's list throws, LimitError; entries before the failure can be read still
   */
  read(
    number: number,
    cookie: number,
    countMax: number,
    signal?: AbortSignal,
  ): readonly DirectoryEntry[] | Promise<readonly DirectoryEntry[]> {
    const handle = this.#handles.get(number);
    if (cookie === 0 && handle.snapshot.begun) {
      const before = handle.snapshot;
      handle.snapshot = this.#snapshot(handle.inode, handle.controller.signal);
      endIteration(before);
    }
    const { snapshot } = handle;
    snapshot.begun = true;
    const slice = () => snapshot.entries.slice(cookie, cookie + countMax);
    const isHere = () => snapshot.entries.length > cookie || snapshot.done;
    if (isHere()) return slice();
    const reading = async () => {
      while (!isHere()) await this.#readPage(handle, snapshot, signal);
      return slice();
    };
    return reading();
  }

  /** Unknown handles are ignored. */
  release(number: number): void {
    const handle = this.#handles.remove(number);
    if (handle === undefined) return;
    handle.controller.abort(new CancelledError("the directory was closed"));
    endIteration(handle.snapshot);
    this.#options.letGo(handle.inode);
  }

  /** Idempotent. */
  close(): void {
    for (const handle of this.#handles.values())
      handle.controller.abort(new UnavailableError("the mount is closed", {}, "CLOSED"));
  }

  #snapshot(inode: Inode, signal: AbortSignal): Snapshot {
    return {
      pages: this.#options.source.list(inode.node, signal)[Symbol.asyncIterator](),
      entries: [
        { name: ".", kind: "directory", cookie: 1 },
        { name: "..", kind: "directory", cookie: 2 },
      ],
      names: new Set(),
      begun: false,
      done: false,
      turn: Promise.resolve(),
    };
  }

  async #readPage(
    handle: DirectoryHandle,
    snapshot: Snapshot,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { clock, requestMs = MOUNT_REQUEST_MS } = this.#options;
    const before = snapshot.entries.length;
    const wait = {
      clock,
      what: "the listing",
      afterMs: requestMs,
      parents: [handle.controller.signal, signal],
    };
    await waitFor(wait, async () => {
      const turn = snapshot.turn.then(async () => {
        // Whoever was before us may have read it.
        if (snapshot.entries.length > before || snapshot.done) return;
        const page = await snapshot.pages.next();
        if (page.done === true) snapshot.done = true;
        else this.#append(snapshot, page.value);
      });
      // A failed page fails its readers, not those who try again after them.
      snapshot.turn = turn.catch(() => undefined);
      await turn;
    });
  }

  /** Names that cannot be looked up are not shown, and none is shown twice. */
  #append(snapshot: Snapshot, page: readonly ListedEntry[]): void {
    for (const { name, kind } of page) {
      if (!isName(name) || snapshot.names.has(name)) continue;
      if (snapshot.entries.length >= (this.#options.entriesMax ?? DIRECTORY_ENTRIES_MAX))
        throw new LimitError("the directory has more entries than can be listed");
      snapshot.names.add(name);
      snapshot.entries.push({ name, kind, cookie: snapshot.entries.length + 1 });
    }
  }
}

function endIteration(snapshot: Snapshot): void {
  // Nobody waits for the rest of the listing; its failure has no reader.
  snapshot.pages.return?.()?.catch(() => undefined);
}
