/**
 * Which inodes have files open, in which version, through which handles. All handles of an inode share one opened
 * content, because the kernel's page cache belongs to the inode too. Names are filesystem.ts's business.
 */
import { CancelledError, P2pfsError, UnavailableError } from "../base/errors.ts";
import { RELEASE_GRACE_MS } from "../base/limits.ts";
import { fromUnknown } from "../base/node-errors.ts";
import type { ContentSource } from "./content-source.ts";
import { HandleTable } from "./handle-table.ts";
import type { Inode } from "./inode-table.ts";
import { OpenedFile, type OpenedFileEnvironment, type ReadPlan } from "./opened-file.ts";
import type { ByteRange } from "./read-window.ts";
import { sharedController } from "./request-wait.ts";

/** One open file description, as the kernel sees it: shared by all descriptors made of it. */
interface FileHandle {
  readonly number: number;
  readonly inode: Inode;
  readonly file: OpenedFile;
  /** Nothing behind the first block is fetched for it. */
  headerOnly: boolean;
  /** Aborts what reads of this handle wait for. */
  readonly controller: AbortController;
  /** When a descriptor of it was last closed, with no read since; undefined: in use. Monotonic ms. */
  flushedAtMs: number | undefined;
}

interface OpenInode {
  readonly file: OpenedFile;
  readonly handles: Set<FileHandle>;
  /** Called when the last handle goes. */
  readonly onReleased: Set<() => void>;
}

export interface OpenFilesOptions extends OpenedFileEnvironment {
  readonly source: ContentSource;
  readonly handlesMax?: number;
  /** Handles are counted from here on. Default 0. */
  readonly handlesFrom?: number | undefined;
  /** Holds an inode while something is open in it. */
  readonly hold: (inode: Inode) => void;
  readonly letGo: (inode: Inode) => void;
  readonly releaseGraceMs?: number;
}

export class OpenFiles {
  readonly #options: OpenFilesOptions;
  readonly #handles: HandleTable<FileHandle>;
  readonly #inodes = new Map<Inode, OpenInode>();
  readonly #openings = new Map<Inode, Promise<OpenInode>>();
  readonly #closings = new Set<Promise<void>>();
  readonly #closed = sharedController();

  constructor(options: OpenFilesOptions) {
    this.#options = options;
    this.#handles = new HandleTable(options.handlesMax, options.handlesFrom);
  }

  /** Open file handles. */
  get handleCount(): number {
    return this.#handles.size;
  }

  /** What is open in the inode, if anything is. */
  opened(inode: Inode): OpenedFile | undefined {
    return this.#inodes.get(inode)?.file;
  }

  /**
   * Opens the inode's file: the content that is open in it already, else the newest.
   * @returns the handle's number
   * @throws what the source's open throws; P2pfsError TOO_MANY_OPEN
   */
  async open(inode: Inode, signal: AbortSignal): Promise<number> {
    this.#options.hold(inode);
    try {
      let open = this.#inodes.get(inode);
      // Between the opening and us, another who shared it may have closed it again.
      while (open === undefined || open !== this.#inodes.get(inode)) {
        open = await this.#begin(inode, signal);
        if (signal.aborted) throw this.#givenUp(inode, open, signal);
      }
      const handle = this.#addHandle(inode, open);
      // The handle holds the inode from here on.
      this.#options.hold(inode);
      return handle.number;
    } finally {
      this.#options.letGo(inode);
    }
  }

  /** Opens what an earlier process had open in the inode, under its handle. @throws P2pfsError STALE; the handle answers so from then on */
  async restore(number: number, inode: Inode, resume: string | undefined): Promise<void> {
    const { source, hold } = this.#options;
    try {
      let open = this.#inodes.get(inode);
      if (open === undefined) {
        const content =
          resume === undefined ? await source.open(inode.node) : await source.reopen(inode.node, resume);
        open = { file: new OpenedFile(content, this.#options), handles: new Set(), onReleased: new Set() };
        this.#inodes.set(inode, open);
      }
      const { file } = open;
      const controller = sharedController();
      open.handles.add(
        this.#handles.restore(number, {
          number,
          inode,
          file,
          controller,
          flushedAtMs: undefined,
          headerOnly: false,
        }),
      );
      hold(inode);
    } catch (error) {
      this.#handles.lose(number);
      throw error;
    }
  }

  /** See OpenedFile.read. @throws P2pfsError BAD_HANDLE */
  read(number: number, range: ByteRange, signal: AbortSignal | undefined): ReadPlan | Promise<ReadPlan> {
    const handle = this.#handles.get(number);
    handle.flushedAtMs = undefined;
    if (handle.headerOnly) handle.file.refuseBehindHeader(range);
    return handle.file.read(number, range, [handle.controller.signal, signal]);
  }

  /** See OpenedFile.observe. */
  observe(number: number, range: ByteRange): void {
    const handle = this.#handles.find(number);
    if (handle === undefined) return;
    handle.flushedAtMs = undefined;
    handle.file.observe(number, range);
  }

  /** From now on nothing but the first block is fetched for the handle. @throws P2pfsError BAD_HANDLE */
  limitToHeader(number: number): void {
    this.#handles.get(number).headerOnly = true;
  }

  /** The file behind a handle. @throws P2pfsError BAD_HANDLE */
  fileOf(number: number): { file: OpenedFile; inode: Inode } {
    return this.#handles.get(number);
  }

  /** A descriptor of the handle was closed; others may go on. */
  flush(number: number): void {
    this.#handles.get(number).flushedAtMs = this.#options.clock.monotonicMs();
  }

  /** The last descriptor is closed. What the handle waited for is called off. Unknown handles are ignored. */
  release(number: number): void {
    const handle = this.#handles.remove(number);
    if (handle === undefined) return;
    handle.controller.abort(new CancelledError("the file was closed"));
    handle.file.leave(number);
    const open = this.#inodes.get(handle.inode);
    open?.handles.delete(handle);
    if (open !== undefined && open.handles.size === 0) this.#end(handle.inode, open);
    this.#options.letGo(handle.inode);
  }

  /** True when every handle of the inode was flushed a moment ago: their release is on its way, most likely. */
  isClosing(inode: Inode): boolean {
    return this.#graceLeftMs(inode) > 0;
  }

  /**
   * Waits until the handles that were just closed are released. close(2) returns before the kernel sends the release,
   * so whoever closes a file and opens it again would find his own old version still open.
   */
  async released(inode: Inode): Promise<void> {
    const open = this.#inodes.get(inode);
    const graceMs = this.#graceLeftMs(inode);
    if (open === undefined || graceMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.schedule(graceMs, resolve);
      open.onReleased.add(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Calls off all waits and closes everything. Idempotent. */
  async close(): Promise<void> {
    const reason = new UnavailableError("the mount is closed", {}, "CLOSED");
    this.#closed.abort(reason);
    for (const handle of [...this.#handles.values()]) {
      handle.controller.abort(reason);
      this.release(handle.number);
    }
    await Promise.allSettled(this.#openings.values());
    await Promise.all(this.#closings);
  }

  /** One opening of the source's for all who ask at once. */
  async #begin(inode: Inode, signal: AbortSignal): Promise<OpenInode> {
    let opening = this.#openings.get(inode);
    if (opening === undefined) {
      opening = this.#openSource(inode, signal).finally(() => this.#openings.delete(inode));
      this.#openings.set(inode, opening);
    }
    try {
      return await opening;
    } catch (error) {
      // The one who began gave up, we did not.
      if (fromUnknown(error).code === "CANCELLED" && !signal.aborted) return this.#begin(inode, signal);
      throw error;
    }
  }

  async #openSource(inode: Inode, signal: AbortSignal): Promise<OpenInode> {
    const file = new OpenedFile(await this.#options.source.open(inode.node, signal), this.#options);
    const open: OpenInode = { file, handles: new Set(), onReleased: new Set() };
    if (this.#closed.signal.aborted || signal.aborted) {
      this.#close(file);
      throw this.#closed.signal.reason ?? signal.reason;
    }
    this.#inodes.set(inode, open);
    return open;
  }

  /** Whoever waited for the opening is gone: nobody will release it. */
  #givenUp(inode: Inode, open: OpenInode, signal: AbortSignal): unknown {
    if (open.handles.size === 0 && this.#inodes.get(inode) === open) this.#end(inode, open);
    return signal.reason;
  }

  #addHandle(inode: Inode, open: OpenInode): FileHandle {
    try {
      const handle = this.#handles.add((number) => ({
        number,
        inode,
        file: open.file,
        controller: sharedController(),
        flushedAtMs: undefined,
        headerOnly: false,
      }));
      open.handles.add(handle);
      return handle;
    } catch (error) {
      if (open.handles.size === 0) this.#end(inode, open);
      throw error;
    }
  }

  #end(inode: Inode, open: OpenInode): void {
    if (this.#inodes.get(inode) === open) this.#inodes.delete(inode);
    this.#close(open.file);
    for (const released of open.onReleased) released();
  }

  #close(file: OpenedFile): void {
    const closing = file.close().catch((error: unknown) => {
      // The file is closed for everybody who used it; what is left behind is the source's.
      const { code, message } = fromUnknown(error);
      this.#options.logger.warn({ code, reason: message }, "closing content failed");
    });
    this.#closings.add(closing);
    closing.finally(() => this.#closings.delete(closing));
  }

  #graceLeftMs(inode: Inode): number {
    const open = this.#inodes.get(inode);
    if (open === undefined) return 0;
    let latest = 0;
    for (const handle of open.handles) {
      if (handle.flushedAtMs === undefined) return 0;
      latest = Math.max(latest, handle.flushedAtMs);
    }
    const graceMs = this.#options.releaseGraceMs ?? RELEASE_GRACE_MS;
    return latest + graceMs - this.#options.clock.monotonicMs();
  }
}

/** What a superseded file's opening answers: the kernel looks the name up again, and finds the new version. */
export function staleOpening(): P2pfsError {
  return new P2pfsError("STALE", "a newer version of the file has appeared; its name is looked up again", {
    details: { retried: true },
  });
}
