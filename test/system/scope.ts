/**
 * What a system test or a measurement opened, ended in reverse order whatever happened: also on Ctrl-C, and when an
 * ending fails the others still run.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { P2pfsError } from "../../base/errors.ts";

type Ending = () => Promise<unknown> | unknown;

/** Removes a folder, unless something is mounted below it: never descend into that. */
async function removeUnmounted(folder: string): Promise<void> {
  const mounts = process.platform === "linux" ? readFileSync("/proc/self/mountinfo", "utf8").split("\n") : [];
  const mounted = mounts.map((line) => line.split(" ")[4] ?? "").find((path) => path.startsWith(folder));
  if (mounted !== undefined)
    throw new P2pfsError("BUSY", `${mounted} is still mounted, so ${folder} was left`);
  await rm(folder, { recursive: true, force: true });
}

/** Collects endings. Whoever made it closes it. */
export class Scope {
  readonly #endings: Ending[] = [];
  #closed: Promise<void> | undefined;

  /**
   * Runs when the scope closes, before everything registered earlier; at once where it has closed: whoever still opens
   * something then was interrupted.
   * @throws P2pfsError CANCELLED when the scope has closed
   */
  after(ending: Ending): void {
    this.#endings.push(ending);
    if (this.#closed === undefined) return;
    this.#closed = this.#closed.then(() => this.#end());
    this.#closed.catch(() => undefined);
    throw new P2pfsError("CANCELLED", "what this belongs to has ended");
  }

  /** A scope that closes with this one at the latest. */
  inner(): Scope {
    const inner = new Scope();
    this.after(() => inner.close());
    return inner;
  }

  /** A new folder under the system's temporary one, removed with the scope. */
  async folder(name = "p2pfs-"): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), name));
    this.after(() => removeUnmounted(path));
    return path;
  }

  /** Ends everything. Idempotent. Throws what the first failing ending threw, once all have run. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const failures: unknown[] = [];
    for (let ending = this.#endings.pop(); ending !== undefined; ending = this.#endings.pop()) {
      try {
        await ending();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Something with node:test's `t.after`. */
interface Ends {
  after(ending: () => Promise<void>): void;
}

/** The scope of one test. */
export function scopeOf(t: Ends): Scope {
  const scope = new Scope();
  t.after(() => scope.close());
  return scope;
}

/** Runs `work` with a scope that is closed afterwards, also when the process is told to end. For scripts. */
export async function withScope<T>(work: (scope: Scope, signal: AbortSignal) => Promise<T>): Promise<T> {
  const scope = new Scope();
  const interrupted = new AbortController();
  let stop: (error: Error) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  const onSignal = (name: NodeJS.Signals) => {
    const error = new P2pfsError("CANCELLED", `ended by ${name}`);
    interrupted.abort(error);
    stop(error);
  };
  // A terminal or a pipe that went away, as in `| head`, and whatever else nobody awaits.
  const onError = (error: Error) => {
    interrupted.abort(error);
    stop(error);
  };
  const names: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of names) process.on(name, onSignal);
  process.on("uncaughtException", onError);
  try {
    const working = work(scope, interrupted.signal);
    // Work that fails because its parts were taken away under it has already been answered for.
    working.catch(() => undefined);
    return await Promise.race([working, stopped]);
  } finally {
    await scope.close();
    for (const name of names) process.off(name, onSignal);
    process.off("uncaughtException", onError);
  }
}
