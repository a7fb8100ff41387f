/**
 * Running other programs from tests and measurements: never synchronously, always with an end. What reads a mount
 * is one of these, never the process that serves it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { DeadlineError, UnavailableError } from "../../base/errors.ts";
import type { Scope } from "./scope.ts";

/** Longest time a program may take unless the caller says otherwise, ms. */
const RUN_MS = 120_000;
/** Time between SIGTERM and SIGKILL, ms. */
const STOP_MS = 5_000;

export interface RunOptions {
  /** Default 120 s; then SIGKILL and DeadlineError. */
  readonly timeoutMs?: number;
  /** Added to this process's environment; undefined takes a name away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Network namespace, as `ip netns` names it, to run in; root only. */
  readonly netns?: string | undefined;
}

export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

function inNamespace(words: readonly string[], netns: string | undefined): [string, string[]] {
  const all = netns === undefined ? words : ["nsenter", `--net=/run/netns/${netns}`, ...words];
  const [command = "", ...args] = all;
  return [command, args];
}

function spawnOptions(options: RunOptions) {
  return {
    env: { ...process.env, ...options.environment },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  };
}

/** Runs a program to its end. A status other than 0 is a result, not an error. */
export async function run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [command, args] = inNamespace(words, options.netns);
  const begin = performance.now();
  const child = spawn(command, args, { ...spawnOptions(options), stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, options.timeoutMs ?? RUN_MS);
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    if (late)
      throw new DeadlineError(`${words.join(" ")} did not end in time; it said: ${stderr.slice(-2000)}`);
    return { code, signal, stdout, stderr, durationMs: performance.now() - begin };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program that must succeed; resolves to its output without the last line break. */
export async function output(words: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, signal, stdout, stderr } = await run(words, options);
  if (code !== 0) {
    throw new UnavailableError(
      `${words.join(" ")} ended with ${code ?? signal}: ${stderr.trim() || stdout.trim()}`,
    );
  }
  return stdout.trimEnd();
}

/** Digest of a file by `cat FILE | sha256sum`, two programs that know nothing of us. */
export async function catSha256(path: string, options: RunOptions = {}): Promise<string> {
  const script = 'set -o pipefail; cat -- "$1" | sha256sum';
  const text = await output(["bash", "-c", script, "bash", path], options);
  return text.split(" ")[0] ?? "";
}

/** Digest of a local file by sha256sum. */
export async function sha256(path: string): Promise<string> {
  return (await output(["sha256sum", "--", path])).replace(/^\\/, "").split(" ")[0] ?? "";
}

/** A program that goes on while the test does other things. */
export class Running {
  readonly child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting: (() => void)[] = [];
  /** Everything it said on stderr so far. */
  stderr = "";
  /** Resolves to its exit status or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  #over = false;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.stderr += text;
    });
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.#lines.push(line);
        this.#wake();
      });
    }
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => {
        this.stderr += error.message;
        this.#over = true;
        this.#wake();
        resolve(127);
      });
      child.once("close", (code, signal) => {
        this.#over = true;
        this.#wake();
        resolve(code ?? signal ?? 0);
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The next line of its output. @throws UnavailableError when it ended, DeadlineError when none comes */
  async line(timeoutMs = RUN_MS): Promise<string> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#over) throw new UnavailableError(`the program ended: ${this.stderr.trim()}`);
      const left = until - performance.now();
      if (left <= 0) throw new DeadlineError(`the program said nothing for ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Sends one line to it and resolves to its next line. */
  async ask(line: string, timeoutMs = RUN_MS): Promise<string> {
    this.child.stdin?.write(`${line}\n`);
    return this.line(timeoutMs);
  }

  /** Ends its input, which ends the readers of reader.py; resolves to the rest of what it said. */
  async finish(timeoutMs = RUN_MS): Promise<string[]> {
    this.child.stdin?.end();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), timeoutMs);
    await this.ended;
    clearTimeout(timer);
    return this.#lines.splice(0);
  }

  /** SIGTERM, after 5 s SIGKILL. Idempotent. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.#over) return;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }
}

/** Starts a program; it ends with the scope at the latest. */
export function start(scope: Scope, words: readonly string[], options: RunOptions = {}): Running {
  const [command, args] = inNamespace(words, options.netns);
  const child = spawn(command, args, { ...spawnOptions(options), stdio: ["pipe", "pipe", "pipe"] });
  // A reader that was killed closes its input early.
  child.stdin.on("error", () => undefined);
  const running = new Running(child);
  scope.after(() => running.stop());
  return running;
}
