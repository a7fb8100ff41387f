/**
 * Gathers what `p2pfs doctor` wants to know of one daemon's places: its storage, its socket, and the mounts of this machine.
 * Looks at mounts from child processes alone. In the storage it makes no name: what is tried is tried with a file that has none.
 */
import { constants, type FileHandle, mkdtemp, open, readFile, rm, stat, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { DOCTOR_CHECK_MS } from "../../base/limits.ts";
import {
  type MountEntry,
  mountHolding,
  ownMountsOf,
  readMountTable,
  resolveAvoiding,
} from "../../base/mount-table.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { livingProcess } from "../../base/process-life.ts";
import { somebodyAnswers } from "../../base/socket-probe.ts";
import { groupId, SOCKET_GROUP } from "../../daemon/workhome-files.ts";
import { probe } from "../../fs/bindings/mount-probe.ts";
import { tryPassthrough } from "../../fs/bindings/native/passthrough-trial.ts";
import { loadNativeAddon, NativeAddon } from "../../native/linux/addon.ts";
import { ask, DaemonClient } from "../daemon-client.ts";
import type { Home } from "../home.ts";
import type { DaemonFacts, MountFacts, StorageFacts, Trial } from "./facts.ts";

/** open(2): a file without a name (linux/fcntl.h, O_TMPFILE with O_DIRECTORY), and reading past the page cache. */
const O_TMPFILE = 0o20200000;
const { O_DIRECT = 0, O_RDONLY, O_RDWR } = constants;
/** Bytes of the file that holes and O_DIRECT are tried on. */
const TRIED_BYTES = 1024 * 1024;

const notTried = (reason: string): { tried: false; reason: string } => ({ tried: false, reason });

/** Looks at the folder, or the nearest one above it that exists. */
export async function storageFacts(directory: string): Promise<Trial<StorageFacts>> {
  try {
    const table = await readMountTable();
    const { path, into } = await resolveAvoiding(directory, ownMountsOf(table));
    if (into !== undefined) return notTried(`storage.dir ${directory} lies in ${into}, a mount of p2pfs`);
    const existing = await nearestFolder(path);
    const { bavail, blocks, bsize } = await statfs(existing);
    const filesystem = typeOf(table, existing);
    const tried = await tryFile(existing, filesystem);
    const room = { availableBytes: bavail * bsize, totalBytes: blocks * bsize };
    const found = {
      directory,
      existing: existing === path ? directory : existing,
      filesystem,
      ...room,
      ...tried,
    };
    return { tried: true, found };
  } catch (error) {
    return notTried(fromUnknown(error, `storage.dir ${directory} cannot be looked at`).message);
  }
}

async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true || dirname(path) === path ? path : nearestFolder(dirname(path));
}

function typeOf(table: readonly MountEntry[], path: string): string {
  const holding = mountHolding(
    table.map((entry) => entry.directory),
    path,
  );
  return table.filter((entry) => entry.directory === holding).at(-1)?.type ?? "unknown";
}

type Tried = Pick<StorageFacts, "punchesHoles" | "directIo" | "passthrough">;

async function tryFile(folder: string, filesystem: string): Promise<Tried> {
  const addon = loadNativeAddon();
  if (!(addon instanceof NativeAddon)) return allUntried(addon.unavailable);
  let file: FileHandle;
  try {
    file = await open(folder, O_TMPFILE | O_RDWR, 0o600);
  } catch (error) {
    return allUntried(fromUnknown(error, `no file can be made in ${folder}`).message);
  }
  try {
    await file.writeFile(Buffer.alloc(TRIED_BYTES, 1));
    const passthrough = await tryReads(addon, file, filesystem);
    const directIo = await succeeds(() => readDirectly(file));
    const punchesHoles = await succeeds(() => addon.punchHole(file.fd, 0, TRIED_BYTES));
    return {
      punchesHoles: { tried: true, found: punchesHoles },
      directIo: { tried: true, found: directIo },
      passthrough,
    };
  } catch (error) {
    return allUntried(fromUnknown(error, `no file can be written in ${folder}`).message);
  } finally {
    await file.close();
  }
}

function allUntried(reason: string): Tried {
  return { punchesHoles: notTried(reason), directIo: notTried(reason), passthrough: notTried(reason) };
}

async function tryReads(
  addon: NativeAddon,
  file: FileHandle,
  filesystem: string,
): Promise<Trial<string | undefined>> {
  const directory = await mkdtemp(join(tmpdir(), "p2pfs-trial-"));
  try {
    const { refusal } = await tryPassthrough(addon, {
      directory,
      fd: file.fd,
      stackDepth: filesystem === "overlay" ? 2 : 1,
      clock: systemClock,
    });
    return { tried: true, found: refusal };
  } catch (error) {
    return notTried(fromUnknown(error).message);
  } finally {
    await rm(directory, { recursive: false }).catch(() => rm(directory, { recursive: true, force: true }));
  }
}

async function readDirectly(file: FileHandle): Promise<void> {
  await (await open(`/proc/self/fd/${file.fd}`, O_RDONLY | O_DIRECT)).close();
}

async function succeeds(work: () => Promise<void>): Promise<boolean> {
  return work().then(
    () => true,
    () => false,
  );
}

/** Who serves the workhome. */
export async function daemonFacts(home: Home): Promise<DaemonFacts> {
  const { socketPath, workhome } = home;
  const socket = await stat(socketPath).catch(() => undefined);
  const facts = {
    socketPath,
    pidFile: await pidFile(workhome.pidPath),
    socket: socket && { mode: `0${(socket.mode & 0o7777).toString(8)}`, gid: socket.gid },
    groupId: await groupId(SOCKET_GROUP),
  };
  if (!(await somebodyAnswers(socketPath))) return { ...facts, running: undefined, refusal: undefined };
  const client = new DaemonClient(socketPath);
  try {
    const { version, pid } = await ask(client.control, "status", {}, { deadlineMs: DOCTOR_CHECK_MS });
    return { ...facts, running: { version, pid }, refusal: undefined };
  } catch (error) {
    return { ...facts, running: undefined, refusal: fromUnknown(error).message };
  } finally {
    client.close();
  }
}

async function pidFile(path: string): Promise<DaemonFacts["pidFile"]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const pid = Number(text.trim());
  if (!/^\d+\s*$/.test(text)) return undefined;
  return { path, pid, alive: (await livingProcess(pid)) !== undefined };
}

/** All mounts of p2pfs on this machine, whoever serves them. */
export async function mountFacts(): Promise<MountFacts[]> {
  const table = await readMountTable();
  return Promise.all(
    ownMountsOf(table).map(async (directory) => {
      const device = table.filter((entry) => entry.directory === directory).at(-1)?.device;
      const state = await probe(directory, { clock: systemClock, deadlineMs: DOCTOR_CHECK_MS });
      const readAhead = Number(
        await readFile(`/sys/class/bdi/${device}/read_ahead_kb`, "utf8").catch(() => "x"),
      );
      return { directory, state, readAheadKib: Number.isNaN(readAhead) ? undefined : readAhead };
    }),
  );
}
