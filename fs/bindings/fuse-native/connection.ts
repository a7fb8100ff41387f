/**
 * One connection to the kernel through the addon: mounts, hands requests to their operations, and notices its end. It
 * never looks at the mount itself.
 */
import type { Clock, Timer } from "../../../base/clock.ts";
import { P2pfsError } from "../../../base/errors.ts";
import { FUSE_NATIVE_THREADS_TOLD, MOUNT_WATCH_MS } from "../../../base/limits.ts";
import type { Logger } from "../../../base/logger.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import { runCommand } from "../child-command.ts";
import { fuseDescriptors, isFuseDescriptor } from "../fuse-descriptors.ts";
import { type AddonOperation, type FuseNativeAddon, type Handler, loadAddon } from "./addon.ts";
import type { Operation, Operations } from "./operations.ts";

/** How long the list of mounts may take to be printed where there is no /proc, ms. */
const LIST_MS = 5_000;

export interface ConnectionOptions {
  readonly directory: string;
  /** See mountText. */
  readonly options: string;
  readonly operations: Operations;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Connection {
  /** Resolves when the kernel has begun the session; a request follows only after that. */
  readonly began: Promise<void>;
  /** Resolves when the kernel has ended the session and libfuse has let go of it. */
  readonly ended: Promise<void>;
  readonly #addon: FuseNativeAddon;
  readonly #options: ConnectionOptions;
  /** The addon keeps pointers into it. */
  readonly #mount: Buffer;
  /** The addon calls these from its threads. */
  readonly #handlers: readonly (Handler | undefined)[];
  readonly #implemented: Uint32Array;
  /** The descriptor libfuse opened, and closes in the end; undefined where it cannot be told. */
  readonly #fd: number | undefined;
  #isOver = false;
  #threads = 0;
  #threadsTold = FUSE_NATIVE_THREADS_TOLD;
  #begin: () => void = () => {};
  #end: () => void = () => {};
  #timer: Timer | undefined;

  /** Mounts at once. @throws P2pfsError NOT_SUPPORTED, NOT_PERMITTED when the kernel refuses */
  constructor(options: ConnectionOptions) {
    this.#addon = loadAddon();
    this.#options = options;
    this.began = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const operations: Operations = {
      ...options.operations,
      init: (reply) => {
        this.#begin();
        reply(0);
      },
    };
    this.#mount = Buffer.alloc(this.#addon.mountBytes);
    ({ handlers: this.#handlers, implemented: this.#implemented } = arrange(this.#addon, operations));
    // A descriptor's number is used again: whoever had it before must have noticed its end.
    for (const other of living) other.#lookNow();
    const before = fuseDescriptors();
    try {
      this.#addon.mount(
        options.directory,
        options.options,
        this.#mount,
        this,
        (bytes) => this.#forThread(bytes),
        this.#handlers,
        this.#implemented,
      );
    } catch (error) {
      throw refused(options.directory, error);
    }
    this.#fd = [...fuseDescriptors()].find((fd) => !before.has(fd));
    living.add(this);
    this.#watch();
  }

  /** Looks now whether the session has ended, instead of a little later. */
  async look(): Promise<void> {
    this.#timer?.cancel();
    await this.#look();
  }

  /**
   * What the addon keeps for one thread of libfuse's. libfuse ends threads when more than ten have nothing to do and makes
   * new ones when none has, but the addon never frees what it keeps, and the event loop looks at all of it each time.
   * Nothing can be done about that from here but to say so.
   */
  #forThread(bytes: number): Buffer {
    this.#threads += 1;
    if (this.#threads >= this.#threadsTold) {
      this.#threadsTold *= 2;
      const { directory, logger } = this.#options;
      logger.warn({ directory, threads: this.#threads }, "fuse-native gets slower; mount again");
    }
    return Buffer.alloc(bytes);
  }

  #watch(): void {
    this.#timer = this.#options.clock.schedule(MOUNT_WATCH_MS, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#fd === undefined && !(await this.#isListed())) this.#finish();
    this.#lookNow();
    if (!this.#isOver) this.#watch();
  }

  #lookNow(): void {
    if (this.#fd !== undefined && !isFuseDescriptor(this.#fd)) this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    living.delete(this);
    this.#addon.end(this.#options.directory, this.#mount);
    this.#end();
  }

  /** Without /proc, the system's list of mounts tells. */
  async #isListed(): Promise<boolean> {
    const { clock, directory } = this.#options;
    const listed = await runCommand("mount", [], { clock, deadlineMs: LIST_MS }).catch(() => undefined);
    // What cannot be told is taken for alive.
    return listed?.status !== 0 || listed.output.includes(` on ${directory} (`);
  }
}

/** Connections of this process that have not ended; also keeps what the addon points to. */
const living = new Set<Connection>();

function arrange(
  addon: FuseNativeAddon,
  operations: Operations,
): { handlers: (Handler | undefined)[]; implemented: Uint32Array } {
  const entries = Object.entries(operations) as [AddonOperation, Operation][];
  const codes = entries.map(([name]) => addon.opcode(name));
  const handlers = new Array<Handler | undefined>(Math.max(...codes) + 1).fill(undefined);
  // The addon reads 35 words, whatever it knows.
  const implemented = new Uint32Array(35);
  for (const [index, [name, operation]] of entries.entries()) {
    const code = codes[index] ?? 0;
    const signal = addon.signal(name);
    handlers[code] = (thread, _operation, ...args) =>
      operation((result, ...values) => signal(thread, result, ...values), ...args);
    implemented[code] = 1;
  }
  return { handlers, implemented };
}

function refused(directory: string, error: unknown): P2pfsError {
  const isRoot = process.getuid?.() === 0;
  const hint = isRoot
    ? "in a container it needs /dev/fuse and the capability SYS_ADMIN"
    : "fusermount of Debian's package fuse3 must be there, and the directory must be this user's";
  return new P2pfsError("NOT_PERMITTED", `nothing could be mounted at ${directory}: ${hint}`, {
    cause: fromUnknown(error),
  });
}
