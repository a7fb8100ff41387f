/** A mount under test, served by a child process (serve.ts) that is told what the source does. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../base/clock.ts";
import { P2pfsError } from "../../base/errors.ts";
import { readMountTable } from "../../base/mount-table.ts";
import { unmountDirectory } from "../../fs/bindings/unmount.ts";
import type { Answer, Begun, CommandName, Commands, Question, ServeOptions } from "./commands.ts";

const SERVER = fileURLToPath(new URL("./serve.js", import.meta.url));

/** Time a serving process may take to unmount and end, ms. */
const END_MS = 15_000;

/** Ends it with the test, whatever state it is in. */
export interface Served {
  /** The mountpoint. */
  readonly directory: string;
  readonly process: ChildProcess;
  /** A path in the mount. */
  path(name: string): string;
  /** Tells the server. @throws P2pfsError with the code the server failed with */
  tell<K extends CommandName>(
    command: K,
    ...args: Parameters<Commands[K]>
  ): Promise<Awaited<ReturnType<Commands[K]>>>;
}

/** What a mount ends with: a test, or the scope of a measurement. */
interface Ends {
  after(ending: () => Promise<void>): void;
}

/** Mounts in a new folder, or in the directory given. @throws P2pfsError what mounting failed with */
export async function serveMount(
  t: Ends,
  options: Omit<ServeOptions, "directory"> & { readonly directory?: string },
): Promise<Served> {
  const directory = options.directory ?? (await makeMountpoint(t));
  // Its files are ours to remove, should it be killed.
  const folder = await mkdtemp(join(tmpdir(), "p2pfs-serve-"));
  const child = fork(SERVER, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    cwd: "/",
    env: { ...process.env, TMPDIR: folder },
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  t.after(async () => {
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill("SIGKILL"), END_MS);
    await exited;
    clearTimeout(timer);
    await rm(folder, { recursive: true });
    const { exitCode, signalCode, killed } = child;
    // One that a test killed is dead as it should be.
    if (signalCode !== null && !(killed && signalCode === "SIGKILL"))
      throw new P2pfsError("INTERNAL", `the serving process ended: ${exitCode} ${signalCode}`);
  });
  const begun = new Promise<Begun>((resolve) =>
    child.once("message", (message) => resolve(message as Begun)),
  );
  child.send({ ...options, directory });
  const first = await Promise.race([begun, exited]);
  if (first === undefined)
    throw new P2pfsError("INTERNAL", `the serving process ended: ${child.exitCode} ${child.signalCode}`);
  if ("error" in first) throw new P2pfsError(first.error.code, first.error.message);
  return { directory, process: child, path: (name) => join(directory, name), tell: teller(child, exited) };
}

/** An empty folder that is unmounted, if something is left there, and removed with the test. */
export async function makeMountpoint(t: Ends): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "p2pfs-mount-"));
  t.after(async () => {
    const isMounted = async () => (await readMountTable()).some((entry) => entry.directory === directory);
    if (await isMounted()) await unmountDirectory(directory, { lazy: true, force: true, clock: systemClock });
    // Never into a mount.
    if (!(await isMounted())) await rm(directory, { recursive: true });
  });
  return directory;
}

function teller(child: ChildProcess, exited: Promise<void>): Served["tell"] {
  let asked = 0;
  const ask = async (command: CommandName, args: readonly unknown[]): Promise<unknown> => {
    const id = ++asked;
    const answer = new Promise<Answer>((resolve) => {
      const onMessage = (message: unknown) => {
        if ((message as Answer).id !== id) return;
        child.off("message", onMessage);
        resolve(message as Answer);
      };
      child.on("message", onMessage);
    });
    child.send({ id, command, args } satisfies Question);
    const got = await Promise.race([answer, exited]);
    if (got === undefined) throw new P2pfsError("INTERNAL", "the serving process died");
    if ("error" in got) throw new P2pfsError(got.error.code, got.error.message);
    return got.result;
  };
  return ((command: CommandName, ...args: readonly unknown[]) => ask(command, args)) as Served["tell"];
}
