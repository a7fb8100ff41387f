/** Gathers what `p2pfs doctor` wants to know of the machine: reads files of the system, runs nothing, changes nothing. */
import { access, constants, readFile, readlink, stat } from "node:fs/promises";
import { release } from "node:os";
import { fromUnknown } from "../../base/node-errors.ts";
import { loadAddon } from "../../fs/bindings/fuse-native/addon.ts";
import { findHelper } from "../../fs/bindings/native/mounting.ts";
import { loadNativeAddon, NativeAddon } from "../../native/linux/addon.ts";
import type { MachineFacts, Usable } from "./facts.ts";

const DEVICE = "/dev/fuse";
/** linux/capability.h */
const CAP_SYS_ADMIN = 21n;
/** Inode of the first user namespace (PROC_USER_INIT_INO of linux/proc_ns.h). */
const FIRST_USER_NAMESPACE = "user:[4026531837]";
const UPDATEDB_CONFIG = "/etc/updatedb.conf";
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy"];

/** Never fails: what cannot be read is as if it were not there. */
export async function machineFacts(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<MachineFacts> {
  const [device, deviceMode] = await deviceState();
  const status = await textOf("/proc/self/status");
  return {
    platform: process.platform,
    nodeVersion: process.versions.node,
    uid: process.getuid?.() ?? 0,
    addon: channelAddon(),
    libfuse: libfuseAddon(),
    device,
    deviceMode,
    helper: await findHelper().catch(() => undefined),
    helperGains: /^NoNewPrivs:\s+0$/m.test(status) && hasSysAdmin(status, "CapBnd"),
    sysAdmin: hasSysAdmin(status, "CapEff"),
    firstUserNamespace: (await readlink("/proc/self/ns/user").catch(() => "")) === FIRST_USER_NAMESPACE,
    kernel: release(),
    requestTimeoutS: numberIn(await textOf("/proc/sys/fs/fuse/max_request_timeout")),
    userAllowOther: /^\s*user_allow_other\s*$/m.test(await textOf("/etc/fuse.conf")),
    updatedb: await updatedbConfig(),
    proxies: Object.keys(environment).filter(
      (name) => PROXY_VARIABLES.includes(name.toLowerCase()) && environment[name] !== "",
    ),
  };
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function numberIn(text: string): number | undefined {
  return /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

function channelAddon(): Usable {
  const addon = loadNativeAddon();
  return addon instanceof NativeAddon ? { usable: true } : { usable: false, reason: addon.unavailable };
}

function libfuseAddon(): Usable {
  try {
    loadAddon();
    return { usable: true };
  } catch (error) {
    return { usable: false, reason: fromUnknown(error).message };
  }
}

async function deviceState(): Promise<[MachineFacts["device"], string | undefined]> {
  const found = await stat(DEVICE).catch(() => undefined);
  if (found === undefined) return ["missing", undefined];
  const mode = `0${(found.mode & 0o7777).toString(8)}`;
  const usable = await access(DEVICE, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  return [usable ? "usable" : "forbidden", mode];
}

/** @param set of proc_pid_status(5) */
function hasSysAdmin(status: string, set: "CapEff" | "CapBnd"): boolean {
  const bits = new RegExp(`^${set}:\\s+([0-9a-f]+)$`, "m").exec(status)?.[1];
  return bits !== undefined && ((BigInt(`0x${bits}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

/** updatedb.conf(5): PRUNEFS is a quoted list; without it nothing is left out. */
async function updatedbConfig(): Promise<MachineFacts["updatedb"]> {
  const text = await readFile(UPDATEDB_CONFIG, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  return { path: UPDATEDB_CONFIG, pruned: prunedTypes(text) };
}

/** The filesystem types that updatedb leaves out, by the text of its configuration. */
export function prunedTypes(text: string): string[] {
  const list = /^\s*PRUNEFS\s*=\s*"([^"]*)"/m.exec(text)?.[1] ?? "";
  return list.split(/\s+/).filter((name) => name !== "");
}
