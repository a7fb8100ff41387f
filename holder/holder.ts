/**
 * The holder: the daemon's parent. It keeps the mounts' descriptors, so that the kernel waits while a daemon that died is
 * started again, and has nothing else to do with the filesystem. Without mounts it only ends as its daemon ends.
 */
import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import type { Duplex } from "node:stream";
import type { Clock, Timer } from "../base/clock.ts";
import { HOLDER_STOP_MS, STUCK_LOOK_MS, STUCK_LOOKS_MAX } from "../base/limits.ts";
import type { Logger } from "../base/logger.ts";
import { fromUnknown } from "../base/node-errors.ts";
import type { NativeAddon } from "../native/linux/addon.ts";
import { answerEio } from "./eio-answers.ts";
import { type Held, HeldMounts } from "./held-mounts.ts";
import { descriptorName, type FromDaemon, readLines, writeLine } from "./messages.ts";
import { Presence } from "./presence.ts";
import { Restarts } from "./restarts.ts";

/** Descriptor numbers in the daemon. */
const LINES_FD = 3;
const DESCRIPTORS_FD = 4;

export interface HolderOptions {
  /** undefined: nothing can be held, and the daemon mounts by itself. */
  readonly addon: NativeAddon | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Starts a daemon. @param descriptors its end of the socket that carries descriptors
   * @param entry the program; undefined: this build's
   */
  readonly launch: (fds: readonly number[], descriptors: number | undefined, entry?: string) => ChildProcess;
  /** Hands the daemon's report to whoever waits for it. */
  readonly report: (report: Readonly<Record<string, unknown>>) => void;
}

/** One life of the daemon. */
interface Life {
  readonly child: ChildProcess;
  readonly lines: Duplex;
  /** Our end of the socket that carries descriptors. */
  readonly descriptors: number | undefined;
  readonly sinceMs: number;
  readonly entry: string | undefined;
  served: boolean;
  /** It said that it is ready. */
  ready: boolean;
  stuckLooks: number;
  /** The next look whether it is stuck; undefined: there are no mounts. */
  look: Timer | undefined;
}

export class Holder {
  readonly #options: HolderOptions;
  readonly #mounts: HeldMounts | undefined;
  readonly #restarts = new Restarts();
  readonly #presence: Presence;
  /** Resolves with the exit status. */
  readonly ended: Promise<number>;
  #end: (status: number) => void = () => {};
  #life: Life | undefined;
  #entry: string | undefined;
  #successor: string | undefined;
  #stopping = false;
  #waiting: Timer | undefined;
  #killing: Timer | undefined;
  #calls: Promise<void> = Promise.resolve();
  #answering: (() => Promise<void>)[] = [];

  constructor(options: HolderOptions) {
    const { addon, clock, log } = options;
    this.#options = options;
    this.#mounts = addon === undefined ? undefined : new HeldMounts(addon, clock);
    this.#presence = new Presence(log);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Starts the daemon. */
  start(): void {
    const { addon, clock, launch, log } = this.#options;
    const entry = this.#entry;
    const pair = addon?.socketPair("messages");
    const child = launch(pair === undefined ? [LINES_FD] : [LINES_FD, DESCRIPTORS_FD], pair?.[1], entry);
    if (pair !== undefined) closeSync(pair[1]);
    const lines = child.stdio[LINES_FD] as Duplex;
    const life: Life = {
      child,
      lines,
      descriptors: pair?.[0],
      sinceMs: clock.monotonicMs(),
      entry,
      served: false,
      ready: false,
      stuckLooks: 0,
      look: undefined,
    };
    this.#life = life;
    lines.on("error", () => {
      // The daemon is gone; its exit tells.
    });
    readLines<FromDaemon>(lines, (message) => this.#hear(life, message));
    this.#watch(life);
    let settled = false;
    const settle = (code: number | null, signal: NodeJS.Signals | null) => {
      if (settled) return;
      settled = true;
      life.look?.cancel();
      this.#died(life, code, signal);
    };
    child.once("error", (error) => {
      log.error({ reason: error.message }, "daemon cannot be started");
      settle(1, null);
    });
    // Not before its last words were read.
    child.once("close", settle);
    this.#giveMounts(life);
  }

  /** A signal that came to the holder is meant for the daemon: both end. */
  signal(name: NodeJS.Signals): void {
    const life = this.#life;
    this.#stopping = true;
    if (life === undefined) {
      this.#waiting?.cancel();
      void this.#finish(0);
      return;
    }
    life.child.kill(name);
    this.#killing ??= this.#options.clock.schedule(HOLDER_STOP_MS, () => life.child.kill("SIGKILL"));
  }

  #giveMounts(life: Life): void {
    const mounts = this.#mounts?.list() ?? [];
    writeLine(life.lines, {
      kind: "held",
      mounts: mounts.map(({ mount, directory, note, isCut }) => ({ mount, directory, note, isCut })),
    });
    for (const held of mounts) this.#give(life, held);
  }

  #give({ descriptors }: Life, { mount, device, journal }: Held): void {
    const { addon } = this.#options;
    if (addon === undefined || descriptors === undefined) return;
    addon.sendDescriptor(descriptors, device, descriptorName("device", mount));
    addon.sendDescriptor(descriptors, journal, descriptorName("journal", mount));
  }

  #hear(life: Life, message: FromDaemon): void {
    switch (message.kind) {
      case "mount":
      case "unmount":
        // One after the other, so that descriptors come in the order of the answers.
        this.#calls = this.#calls.then(() => this.#call(life, message));
        return;
      case "ended":
        this.#mounts?.end(message.mount);
        return;
      case "served":
        life.served = true;
        return;
      case "stopping":
        this.#stopping = true;
        return;
      case "report":
        life.ready ||= message.report.ready === true;
        this.#options.report(message.report);
        return;
      case "successor":
        this.#successor = message.entry;
        return;
      case "home":
        this.#presence.show(message.socketPath);
    }
  }

  async #call(life: Life, message: FromDaemon & { kind: "mount" | "unmount" }): Promise<void> {
    const { call } = message;
    try {
      const mounts = this.#mounts;
      if (mounts === undefined) return;
      if (message.kind === "unmount") {
        await mounts.unmount(message.mount, message);
        writeLine(life.lines, { kind: "done", call });
        return;
      }
      const held = await mounts.mount(message);
      // A daemon that died meanwhile has a successor, which was given what was held then.
      if (this.#life !== life) {
        await this.#takeAway(held);
        return;
      }
      this.#give(life, held);
      this.#watch(life);
      writeLine(life.lines, { kind: "done", call, mount: held.mount });
    } catch (error) {
      const { code, message: reason } = fromUnknown(error);
      writeLine(life.lines, { kind: "failed", call, code, message: reason });
    }
  }

  #died(life: Life, code: number | null, signal: NodeJS.Signals | null): void {
    const { log, clock } = this.#options;
    this.#life = undefined;
    this.#killing?.cancel();
    this.#killing = undefined;
    if (life.descriptors !== undefined) closeSync(life.descriptors);
    const status = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
    const held = this.#mounts?.size ?? 0;
    if (this.#stopping || held === 0) {
      void this.#finish(status);
      return;
    }
    if (this.#successor !== undefined) {
      this.#entry = this.#successor;
      this.#successor = undefined;
      log.info({ entry: this.#entry }, "daemon succeeded by another build");
      this.start();
      return;
    }
    // A build that cannot even start gives way to the one before it, which is this one at the latest.
    if (life.entry !== undefined && !life.ready) this.#entry = undefined;
    const livedMs = clock.monotonicMs() - life.sinceMs;
    const waitMs = this.#restarts.after({ served: life.served, livedMs });
    const { deaths } = this.#restarts;
    log.warn({ status, signal, livedMs: Math.round(livedMs), deaths, waitMs, mounts: held }, "daemon died");
    if (waitMs === undefined) this.#giveUp();
    else if (waitMs === 0) this.start();
    else this.#waiting = clock.schedule(waitMs, () => this.start());
  }

  /** No daemon can be had: whoever uses a mount is told so. */
  #giveUp(): void {
    const { addon, log } = this.#options;
    const mounts = this.#mounts;
    if (addon === undefined || mounts === undefined) return;
    log.error(
      { mounts: mounts.size },
      "daemon died too often; its mounts answer EIO until they are unmounted",
    );
    this.#stopping = true;
    // Whoever wants to mount may try with a daemon of its own.
    this.#presence.close();
    for (const held of mounts.list()) {
      const onEnd = () => {
        mounts.end(held.mount);
        if (mounts.size === 0) void this.#finish(1);
      };
      this.#answering.push(answerEio(addon, held.device, onEnd));
    }
  }

  /** Takes away whatever is still mounted, and ends. */
  async #finish(status: number): Promise<void> {
    for (const held of this.#mounts?.list() ?? []) await this.#takeAway(held);
    for (const end of this.#answering.splice(0)) await end();
    this.#presence.close();
    this.#end(status);
  }

  async #takeAway(held: Held): Promise<void> {
    const { log } = this.#options;
    const { directory, mount } = held;
    await this.#mounts?.unmount(mount, { lazy: true }).catch((error) => {
      log.error({ directory, reason: fromUnknown(error).message }, "unmount failed");
    });
    this.#mounts?.end(mount);
  }

  /**
   * As long as there are mounts: a process that was killed while one of its threads waits for its own mount cannot go. Its
   * first thread is dead, and no exit is told. Then the mounts are cut off, which frees it.
   */
  #watch(life: Life): void {
    const { clock, log } = this.#options;
    const hasMounts = this.#mounts !== undefined && this.#mounts.size > 0;
    if (life !== this.#life || life.look !== undefined || !hasMounts) return;
    life.look = clock.schedule(STUCK_LOOK_MS, () => {
      this.#look(life)
        .catch((error) => log.error({ reason: fromUnknown(error).message }, "looking after the daemon"))
        .finally(() => {
          life.look = undefined;
          this.#watch(life);
        });
    });
  }

  async #look(life: Life): Promise<void> {
    const isDead = await leaderIsDead(life.child.pid);
    life.stuckLooks = isDead ? life.stuckLooks + 1 : 0;
    if (life.stuckLooks !== STUCK_LOOKS_MAX) return;
    this.#options.log.error({ pid: life.child.pid }, "daemon is dead but cannot go; its mounts are cut off");
    for (const held of this.#mounts?.list() ?? []) await this.#mounts?.cutOff(held);
  }
}

/** Whether the process's first thread has ended and the process has not (state Z in proc_pid_stat(5), unreaped). */
async function leaderIsDead(pid: number | undefined): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return text.slice(text.lastIndexOf(")") + 2).startsWith("Z");
}
