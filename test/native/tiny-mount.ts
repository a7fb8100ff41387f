/** A mount of tiny-server.ts, as a test drives it: commands, readers in processes of their own, its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ChannelCounters } from "../../native/linux/kernel-channel.ts";
import { projectRoot } from "../project-root.ts";
import { Running, run } from "../system/processes.ts";
import type { Scope } from "../system/scope.ts";
import { addon, NODE_WORDS } from "./built-addon.ts";
import type { TinyConfig, TinyFile } from "./tiny-server.ts";

/** The server's program; whoever is to run it must be able to read it. */
export const TINY_SERVER = join(projectRoot(), "dist/test/native/tiny-server.js");

export interface TinyOptions {
  readonly via?: TinyConfig["via"];
  readonly allowOther?: boolean;
  /** With via "adopt": the mounted device. Stays the caller's. */
  readonly device?: number;
  /** Words in front of the server's command, such as unshare. */
  readonly wrapper?: readonly string[];
  /** Where it is mounted, or was by a server that died: not touched here. Default a new directory. */
  readonly target?: string;
}

export type TinyCounters = ChannelCounters & {
  readonly passthroughRefused: number;
  readonly initMinor: number;
};

export class TinyMount {
  readonly target: string;
  readonly server: Running;
  /** Our end of the socket over which the server hands out its device. */
  readonly #socket: number;

  private constructor(target: string, server: Running, socket: number) {
    this.target = target;
    this.server = server;
    this.#socket = socket;
  }

  /** Mounts; unmounted with the scope at the latest. */
  static async open(scope: Scope, files: readonly TinyFile[], options: TinyOptions = {}): Promise<TinyMount> {
    const target = options.target ?? (await newTarget(scope));
    const { via = "direct", allowOther = false } = options;
    const config: TinyConfig = { target, files, via, allowOther };
    const words = [...(options.wrapper ?? []), ...NODE_WORDS, TINY_SERVER, JSON.stringify(config)];
    const [ours, theirs] = addon().socketPair("stream");
    const child = spawn(words[0] ?? "", words.slice(1), {
      stdio: ["pipe", "pipe", "pipe", options.device ?? "ignore", theirs],
    }) as ChildProcess;
    closeSync(theirs);
    const server = new Running(child);
    scope.after(() => closeSync(ours));
    scope.after(() => server.stop("SIGKILL"));
    scope.after(() => run(["umount", "-l", target]));
    const said = JSON.parse(await server.line()) as { failed?: string };
    if (said.failed !== undefined) throw new TypeError(`the tiny server failed: ${said.failed}`);
    return new TinyMount(target, server, ours);
  }

  path(name: string): string {
    return join(this.target, name);
  }

  async ask<T = object>(...words: readonly (string | number)[]): Promise<T> {
    return JSON.parse(await this.server.ask(words.join(" "))) as T;
  }

  counters(): Promise<TinyCounters> {
    return this.ask<TinyCounters>("counters");
  }

  /** A descriptor of the mounted device, as a holder has one; the caller closes it. */
  async takeDevice(): Promise<number> {
    await this.ask("send");
    const { fd } = await addon().receiveDescriptor(this.#socket, 16, 5000);
    return fd;
  }
}

async function newTarget(scope: Scope): Promise<string> {
  const target = join(await scope.folder("p2pfs-tiny-"), "mount");
  await mkdir(target);
  return target;
}
