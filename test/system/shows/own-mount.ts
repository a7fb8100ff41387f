/**
 * The ways to hang a daemon on its own mount: paths of its own that lie in it, a mount inside it, a shell whose working
 * directory it is when the daemon stops, and programs that ask every mount for its figures. Each is answered with one
 * sentence, or done, while a reader is blocked on an origin that has gone silent and every new name waits for the same.
 * There is no command yet that takes a file from a user besides dfget's output.
 */
import assert from "node:assert/strict";
import { symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fixedContent } from "../../origin/content.ts";
import { startMisbehavingOrigin } from "../../origin/misbehaving.ts";
import {
  commandOf,
  type DaemonProcess,
  detach,
  endDaemon,
  isMounted,
  prepareDaemon,
  until,
} from "../daemon.ts";
import { refusedPlainly } from "../expectations.ts";
import { output, type RunOptions, type RunResult, run, start } from "../processes.ts";
import type { Scope } from "../scope.ts";
import { type Figures, formatMs } from "./figures.ts";

const MIB = 1024 * 1024;
const DFDAEMON = commandOf("dfdaemon");
const DFGET = commandOf("dfget");
const P2PFS = commandOf("p2pfs");

/** What takes so long waits for the mount: the shortest deadline of what is stuck is 30 s. */
const HANG_MS = 20_000;

export interface OwnMountOptions {
  readonly binding: "native" | "fuse-native";
  /** Longest any answer may take, ms; left out where the machine may be busy: then the deadline of what is stuck, at most. */
  readonly limitMs?: number;
}

/** A place in the mount where every name waits for the silent origin, and how it is said. */
interface Place {
  readonly name: string;
  readonly path: string;
  readonly cwd?: string;
}

class Trial {
  #slowest = { ms: 0, what: "" };

  /** @throws AssertionError when an answer took longer than so many ms */
  assertBelow(limitMs: number): void {
    assert.ok(this.#slowest.ms <= limitMs, `the slowest answer took ${this.slowest}`);
  }

  get slowest(): string {
    return `${formatMs(this.#slowest.ms)}, of ${this.#slowest.what}`;
  }

  /** Runs a program that must end in time. */
  async timed(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const result = await run(words, { timeoutMs: HANG_MS, environment: { LC_ALL: "C" }, ...options });
    const [command = "", ...args] = words.filter((word) => word !== process.execPath);
    const what = [basename(command, ".js"), args[0]].join(" ");
    if (result.durationMs > this.#slowest.ms) this.#slowest = { ms: result.durationMs, what };
    return result;
  }
}

/** A mount with a reader that is blocked, and a second place where lookups are. */
async function stuckMount(scope: Scope, options: OwnMountOptions) {
  const origin = await startMisbehavingOrigin();
  scope.after(() => origin.stop());
  origin.serve("/stuck.bin", { content: fixedContent("x".repeat(4 * MIB)), stallAfterBytes: 65_536 });
  origin.serve("/small.bin", { content: fixedContent("small") });
  origin.serve("*", { silent: true });
  // However slow the machine, the reader is blocked to the end.
  const config = { mount: { readTimeout: "1h" }, source: { idleTimeout: "1h" } };
  const daemon = await prepareDaemon(scope, { config });
  await daemon.start();
  await daemon.mount("--binding", options.binding);
  scope.after(() => detach(daemon.mountpoint));
  const reader = start(scope, ["cat", daemon.path(origin.url("stuck.bin"))]);
  // Two requests: its length, and the bytes that do not come.
  await until("the reader waits", () => origin.requestsOf("/stuck.bin").length >= 2);
  return { origin, daemon, reader, deaf: daemon.path(origin.url("deaf")) };
}

async function placesIn(scope: Scope, daemon: DaemonProcess, deaf: string): Promise<Place[]> {
  const folder = await scope.folder();
  const link = join(folder, "link");
  await symlink(deaf, link);
  const above = dirname(daemon.mountpoint);
  const relative = `${basename(daemon.mountpoint)}${deaf.slice(daemon.mountpoint.length)}`;
  const places: Place[] = [
    { name: "as it is", path: deaf },
    { name: "through a link", path: link },
    { name: "relative", path: relative, cwd: above },
  ];
  if (process.getuid?.() !== 0) return places;
  const bound = await scope.folder("p2pfs-bound-");
  await output(["mount", "--bind", join(daemon.mountpoint, "http"), bound]);
  scope.after(() => output(["umount", "-l", bound]));
  const below = deaf.slice(join(daemon.mountpoint, "http").length);
  return [...places, { name: "through a bind mount", path: join(bound, below) }];
}

/** dfdaemon with one key of its configuration in the mount. */
async function refusesKey(
  scope: Scope,
  trial: Trial,
  yaml: (path: string) => object,
  place: Place,
): Promise<void> {
  // Paths of the configuration are absolute.
  if (place.cwd !== undefined) return;
  const home = await scope.folder("p2pfs-home-");
  scope.after(() => endDaemon(home));
  await writeFile(join(home, "dfdaemon.yaml"), JSON.stringify(yaml(join(place.path, "x"))));
  const result = await trial.timed([...DFDAEMON, "--workhome", home]);
  refusedPlainly(result, { words: /lies in .* mount of p2pfs/ });
}

async function refusals(scope: Scope, trial: Trial, daemon: DaemonProcess, place: Place, url: string) {
  const { path, cwd } = place;
  const at = cwd === undefined ? {} : { cwd };
  const lies = { words: /lies in .* mount of p2pfs/ };
  refusedPlainly(
    await trial.timed([...DFGET, "--workhome", daemon.workhome, url, "-O", join(path, "out")], at),
    lies,
  );
  await refusesKey(scope, trial, (dir) => ({ storage: { dir } }), place);
  await refusesKey(scope, trial, (pluginDir) => ({ server: { pluginDir } }), place);
  await refusesKey(scope, trial, (cacheDir) => ({ server: { cacheDir } }), place);
  await refusesKey(scope, trial, (socketPath) => ({ download: { server: { socketPath } } }), place);
  // The workhome holds the log, too.
  const home = ["--workhome", join(path, "home")];
  refusedPlainly(await trial.timed([...DFDAEMON, ...home], at), lies);
  refusedPlainly(await trial.timed([...P2PFS, "mount", ...home, "/tmp/p2pfs-nowhere"], at), lies);
  refusedPlainly(
    await trial.timed([...P2PFS, "mount", "--workhome", daemon.workhome, join(path, "mnt")], at),
    lies,
  );
}

/** Programs that ask every mount of the machine for its figures, and the daemon itself. */
async function figuresOfAll(trial: Trial, daemon: DaemonProcess): Promise<void> {
  const { mountpoint } = daemon;
  const all = await trial.timed(["df", "-a"]);
  // Other mounts of the machine may be dead; ours is not.
  assert.ok(all.stdout.includes(mountpoint), `df -a ended with ${all.code}: ${all.stderr}`);
  for (const words of [
    ["df", mountpoint],
    ["stat", "-f", mountpoint],
    ["ls", mountpoint],
  ]) {
    const result = await trial.timed(words);
    assert.equal(result.code, 0, `${words.join(" ")}: ${result.stderr}`);
  }
  const status = await trial.timed([...P2PFS, "status", "--workhome", daemon.workhome]);
  assert.equal(status.code, 0, status.stderr);
}

/** A shell in the mount: umount names it, stop ends the daemon all the same. */
async function stopWithShellInIt(scope: Scope, trial: Trial, daemon: DaemonProcess): Promise<void> {
  const { mountpoint, workhome } = daemon;
  const shell = start(scope, ["bash", "-c", 'cd "$1" && echo there && read -r _', "bash", mountpoint]);
  assert.equal(await shell.line(), "there");
  const busy = await trial.timed([...P2PFS, "umount", "--workhome", workhome, mountpoint], {
    cwd: mountpoint,
  });
  refusedPlainly(busy, { words: new RegExp(`${mountpoint} is in use by `), code: 1 });
  const stopped = await trial.timed([...P2PFS, "stop", "--workhome", workhome], { cwd: dirname(mountpoint) });
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.ok(!isMounted(mountpoint), "the mount is gone although a shell is in it");
  await shell.stop("SIGKILL");
}

export async function showOwnMount(scope: Scope, options: OwnMountOptions): Promise<Figures> {
  const { origin, daemon, reader, deaf } = await stuckMount(scope, options);
  const trial = new Trial();
  const inner = scope.inner();
  const places = await placesIn(inner, daemon, deaf);
  for (const place of places) await refusals(inner, trial, daemon, place, origin.url("small.bin"));
  await figuresOfAll(trial, daemon);
  // Readers of what is not stuck are served all the while.
  const small = await trial.timed(["cat", daemon.path(origin.url("small.bin"))]);
  assert.equal(small.stdout, "small");
  assert.equal(reader.child.exitCode, null, "the reader still waits");
  await inner.close();
  await stopWithShellInIt(scope, trial, daemon);
  assert.notEqual(await reader.ended, 0, "the reader got an error in the end");
  trial.assertBelow(options.limitMs ?? HANG_MS);
  return {
    [`ways through ${options.binding}`]: `output, storage, plugins, cache, socket, workhome and log, mount in the mount: each ${places.map(({ name }) => name).join(", ")}; df -a; stop with a shell in it`,
    "slowest answer": trial.slowest,
  };
}
