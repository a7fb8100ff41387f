/** The daemon's end of its holder: mounts through it, is given what an earlier daemon had mounted, and tells how it fares. */
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import type { Clock } from "../base/clock.ts";
import { deadlineSignal, orAborted } from "../base/deadline.ts";
import { type ErrorCode, P2pfsError, UnavailableError } from "../base/errors.ts";
import { HOLDER_CALL_MS } from "../base/limits.ts";
import type { MountedDevice, Mounter } from "../fs/bindings/native/device.ts";
import { loadNativeAddon, NativeAddon } from "../native/linux/addon.ts";
import {
  descriptorName,
  type FromDaemon,
  type FromHolder,
  type HeldMount,
  readLines,
  writeLine,
} from "./messages.ts";

/** Bytes of the message that carries a descriptor. */
const NAME_BYTES_MAX = 64;

/** A mount of an earlier daemon's. */
export interface Inherited {
  readonly directory: string;
  readonly note: string;
  /** There is no kernel behind it any more: it has to be made anew. */
  readonly isCut: boolean;
  readonly device: MountedDevice;
}

interface Call {
  readonly resolve: (mount: number | undefined) => void;
  readonly reject: (error: P2pfsError) => void;
}

export class DaemonEnd {
  /** What an earlier daemon had mounted; empty for the first. Each is for the caller to go on with, or to close. */
  readonly inherited: Promise<readonly Inherited[]>;
  /** Resolves when the holder is gone. */
  readonly gone: Promise<void>;
  readonly #lines: Socket;
  readonly #descriptors: number | undefined;
  readonly #addon: NativeAddon | undefined;
  readonly #clock: Clock;
  readonly #calls = new Map<number, Call>();
  #held: (mounts: readonly HeldMount[]) => void = () => {};
  #lastCall = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #served = false;

  /** @param fds as HOLDER_OPTION said: of the lines and, where there can be any, of the descriptors */
  constructor(fds: readonly [lines: number, descriptors?: number], clock: Clock) {
    const [lines, descriptors] = fds;
    const addon = descriptors === undefined ? undefined : loadNativeAddon();
    this.#addon = addon instanceof NativeAddon ? addon : undefined;
    this.#descriptors = descriptors;
    this.#clock = clock;
    this.#lines = new Socket({ fd: lines, readable: true, writable: true });
    this.inherited = new Promise<readonly HeldMount[]>((resolve) => {
      this.#held = resolve;
    }).then((mounts) => this.#take(mounts));
    // Whoever asks hears of it.
    this.inherited.catch(() => undefined);
    this.gone = new Promise((resolve) => {
      this.#lines.once("close", () => resolve());
    });
    this.#lines.on("error", () => {
      // Closed as well, then.
    });
    void this.gone.then(() => this.#fail());
    readLines<FromHolder>(this.#lines, (message) => this.#hear(message));
  }

  /** Whether mounts can be held: a daemon that dies then has a successor. */
  get canHold(): boolean {
    return this.#addon !== undefined;
  }

  /** Has the holder mount. */
  get mounter(): Mounter {
    return (directory, options) =>
      this.#inTurn(async () => {
        const { readOnly = false, allowOther = false, note = "" } = options;
        const mount = await this.#call({ kind: "mount", directory, readOnly, allowOther, note });
        if (mount === undefined) throw new P2pfsError("INTERNAL", "the holder named no mount");
        return this.#takeOne({ mount, directory });
      });
  }

  /** Tells whoever started this daemon. */
  report(report: Readonly<Record<string, unknown>>): void {
    this.#tell({ kind: "report", report });
  }

  /** The daemon ends in order, and is not to be started again. */
  stopping(): void {
    this.#tell({ kind: "stopping" });
  }

  /** The daemon is about to end, and `entry` is to go on in its place. */
  successor(entry: string): void {
    this.#tell({ kind: "successor", entry });
  }

  /** Where the holder shows that it lives. */
  home(socketPath: string): void {
    this.#tell({ kind: "home", socketPath });
  }

  async #take(mounts: readonly HeldMount[]): Promise<readonly Inherited[]> {
    const taken: Inherited[] = [];
    for (const held of mounts) {
      const { directory, note, isCut } = held;
      taken.push({ directory, note, isCut, device: await this.#takeOne(held) });
    }
    return taken;
  }

  async #takeOne({ mount, directory }: Pick<HeldMount, "mount" | "directory">): Promise<MountedDevice> {
    const fd = await this.#receive("device", mount);
    const journalFd = await this.#receive("journal", mount);
    let closed = false;
    return {
      fd,
      journalFd,
      served: () => this.#tellServed(),
      unmount: async ({ lazy = false, force = false }) => {
        await this.#call({ kind: "unmount", mount, lazy, force }, directory);
      },
      close: () => {
        if (closed) return;
        closed = true;
        closeSync(fd);
        closeSync(journalFd);
        this.#tell({ kind: "ended", mount });
      },
    };
  }

  async #receive(what: "device" | "journal", mount: number): Promise<number> {
    const [addon, socket] = [this.#addon, this.#descriptors];
    if (addon === undefined || socket === undefined)
      throw new P2pfsError("NOT_SUPPORTED", "the kernel channel is not there to take a mount over");
    const { fd, bytes } = await addon.receiveDescriptor(socket, NAME_BYTES_MAX, HOLDER_CALL_MS);
    const wanted = descriptorName(what, mount);
    if (fd >= 0 && wanted.equals(bytes)) return fd;
    if (fd >= 0) closeSync(fd);
    throw new P2pfsError("INTERNAL", `the holder handed over ${bytes} in place of ${wanted}`);
  }

  #tellServed(): void {
    if (this.#served) return;
    this.#served = true;
    this.#tell({ kind: "served" });
  }

  #tell(message: FromDaemon): void {
    writeLine(this.#lines, message);
  }

  async #call(
    message: Without<FromDaemon & { call: number }, "call">,
    what: string = "the mount",
  ): Promise<number | undefined> {
    this.#lastCall += 1;
    const call = this.#lastCall;
    const deadline = deadlineSignal(this.#clock, `the holder's answer about ${what}`, HOLDER_CALL_MS);
    try {
      const answer = new Promise<number | undefined>((resolve, reject) => {
        this.#calls.set(call, { resolve, reject });
      });
      answer.catch(() => undefined);
      this.#tell({ ...message, call } as FromDaemon);
      return await orAborted(answer, deadline.signal);
    } finally {
      deadline.close();
      this.#calls.delete(call);
    }
  }

  /** Descriptors come in the order in which mounts were asked for. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #hear(message: FromHolder): void {
    if (message.kind === "held") {
      this.#held(message.mounts);
      // From now on it is what is mounted that keeps the process.
      this.#lines.unref();
    }
    if (message.kind === "done") this.#calls.get(message.call)?.resolve(message.mount);
    else if (message.kind === "failed")
      this.#calls.get(message.call)?.reject(new P2pfsError(message.code as ErrorCode, message.message));
  }

  #fail(): void {
    const gone = new UnavailableError("the holder of the mounts is gone");
    for (const { reject } of this.#calls.values()) reject(gone);
  }
}

/** As Omit, for each member of a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
