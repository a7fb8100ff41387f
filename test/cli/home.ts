/** A workhome of a test's own and our commands run in it; whatever daemon they started ends with the test. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { livingProcess } from "../../base/process-life.ts";
import { projectRoot } from "../project-root.ts";
import { type Running, type RunOptions, type RunResult, run, start } from "../system/processes.ts";
import { type Scope, scopeOf } from "../system/scope.ts";

/** Words that run one of our commands as built. */
export function words(name: "p2pfs" | "dfget" | "dfdaemon", ...args: string[]): string[] {
  return [process.execPath, join(projectRoot(), "dist/cli", `${name}.js`), ...args];
}

/** Ports of the system's choosing, so that tests at once do not move each other's. */
const PORTS = "metrics: {server: {port: 0}}\nhealth: {server: {port: 0}}\n";

export class TestHome {
  readonly scope: Scope;
  /** The workhome. */
  readonly home: string;

  private constructor(scope: Scope, home: string) {
    this.scope = scope;
    this.home = home;
  }

  /** @param config more of dfdaemon.yaml */
  static async open(t: TestContext, config = ""): Promise<TestHome> {
    const scope = scopeOf(t);
    const home = new TestHome(scope, await scope.folder("p2pfs-cli-"));
    writeFileSync(join(home.home, "dfdaemon.yaml"), PORTS + config);
    scope.after(() => home.#endDaemon());
    return home;
  }

  path(...names: string[]): string {
    return join(this.home, ...names);
  }

  /** Runs a command of ours with this workhome to its end. */
  run(
    name: "p2pfs" | "dfget" | "dfdaemon",
    args: readonly string[],
    options?: RunOptions,
  ): Promise<RunResult> {
    return run(this.#words(name, args), options);
  }

  /** Starts one that goes on. */
  start(name: "p2pfs" | "dfget" | "dfdaemon", args: readonly string[]): Running {
    return start(this.scope, this.#words(name, args));
  }

  /** The daemon's number, by its pid file; undefined when there is none that lives. */
  async daemon(): Promise<number | undefined> {
    try {
      const pid = Number(readFileSync(this.path("dfdaemon.pid"), "utf8"));
      return (await livingProcess(pid)) === undefined ? undefined : pid;
    } catch {
      // No file.
      return undefined;
    }
  }

  /** The daemon's number once it has one. */
  started(): Promise<number> {
    return until(() => this.daemon());
  }

  async #endDaemon(): Promise<void> {
    const pid = await this.daemon();
    if (pid === undefined) return;
    process.kill(pid, "SIGTERM");
    await until(async () => (await livingProcess(pid)) === undefined);
  }

  #words(name: "p2pfs" | "dfget" | "dfdaemon", args: readonly string[]): string[] {
    // --workhome belongs to p2pfs' commands, not to p2pfs.
    const [first = "", ...rest] = args;
    return name === "p2pfs"
      ? words(name, first, "--workhome", this.home, ...rest)
      : words(name, "--workhome", this.home, ...args);
  }
}

/** Polls until the answer is neither undefined nor false. The runner ends a test that waits for ever. */
export async function until<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await delay(20);
  }
}
