/** Programs that use a mount, run beside the test: never in the process that serves, and never synchronously. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts a program with the C locale. @param options talk: its stdin is a pipe */
export function start(
  command: string,
  args: readonly string[],
  options: { cwd?: string; talk?: boolean } = {},
): Program {
  const child = spawn(command, args, {
    stdio: [options.talk === true ? "pipe" : "ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
    cwd: options.cwd,
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) =>
      resolve({ status, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }),
    );
  });
  return { child, ended };
}

/** Runs a program to its end. */
export function run(command: string, ...args: readonly string[]): Promise<Ended> {
  return start(command, args).ended;
}

/** Runs a Python program; the arguments are sys.argv[1:]. What it prints is returned, without the last newline. */
export async function python(script: string, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run("python3", "-c", `${PRELUDE}\n${script}`, ...args);
  assert.equal(status, 0, `python3 ended with ${status}: ${stderr}`);
  return stdout.toString().replace(/\n$/, "");
}

/** Starts a Python program that is talked to: `step(line)` in it says a line and waits for one. */
export function pythonTalk(script: string, ...args: readonly string[]): Program {
  return start("python3", ["-c", `${PRELUDE}\n${script}`, ...args], { talk: true });
}

const PRELUDE = `
import errno, mmap, os, sys
def name_of(action):
    """The name of the errno with which the action fails, or OK."""
    try:
        action()
        return "OK"
    except OSError as error:
        return errno.errorcode[error.errno]
def step(line):
    print(line, flush=True)
    sys.stdin.readline()
args = sys.argv[1:]
`;

/** Waits until the program has said the line. */
export async function untilLine(program: Program, line: string): Promise<void> {
  let seen = "";
  await new Promise<void>((resolve, reject) => {
    program.child.stdout?.on("data", (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(line)) resolve();
    });
    program.child.once("close", () => reject(new Error(`ended before it said ${line}: ${seen}`)));
  });
}

/** Asks again and again until the answer is true. For what another process does in its own time. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  withinMs = 10_000,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await holds())) {
    assert.ok(performance.now() <= untilMs, `${what} did not come true within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
