/**
 * The native part of fuse-native (libfuse 2.9), used without the package's own JavaScript: that one cannot pass a time-out
 * of 0, answers fstat by path, cuts extended attributes short, and unmounts through a shell.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { P2pfsError } from "../../../base/errors.ts";

/** Operations of libfuse 2.9 (struct fuse_operations) that the addon knows. */
const ADDON_OPERATIONS = [
  "init",
  "access",
  "statfs",
  "fgetattr",
  "getattr",
  "flush",
  "fsync",
  "fsyncdir",
  "readdir",
  "truncate",
  "ftruncate",
  "utimens",
  "readlink",
  "chown",
  "chmod",
  "mknod",
  "setxattr",
  "getxattr",
  "listxattr",
  "removexattr",
  "open",
  "opendir",
  "read",
  "write",
  "release",
  "releasedir",
  "create",
  "unlink",
  "rename",
  "link",
  "symlink",
  "mkdir",
  "rmdir",
] as const;
export type AddonOperation = (typeof ADDON_OPERATIONS)[number];

/** Answers one request; `thread` is what the handler was called with. The first value is 0, a count, or a negative errno. */
export type Signal = (thread: unknown, result: number, ...values: unknown[]) => void;
/** Called on the main thread; the asking libfuse thread waits until the signal. Must not throw. */
export type Handler = (thread: unknown, operation: number, ...args: never[]) => void;

/** What the addon exports, as fuse-native 2.2.6 has it. */
export interface FuseNativeAddon {
  /** Bytes of the buffer that stands for one mount; it must not be collected while the mount lives. */
  readonly mountBytes: number;
  /** Numbers by which handlers are ordered. */
  opcode(operation: AddonOperation): number;
  signal(operation: AddonOperation): Signal;
  /** Mounts, and starts libfuse's threads. Throws when the kernel or fusermount refuses; libfuse says why on stderr. */
  mount(
    directory: string,
    options: string,
    mount: Buffer,
    context: object,
    allocate: (bytes: number) => Buffer,
    handlers: readonly (Handler | undefined)[],
    implemented: Uint32Array,
  ): void;
  /** Lets the event loop end; the kernel's side must be unmounted already. */
  end(directory: string, mount: Buffer): void;
}

type Exports = Record<string, unknown>;
const require = createRequire(import.meta.url);
let loaded: FuseNativeAddon | undefined;

/**
 * Loads the addon, once.
 * @throws P2pfsError NOT_SUPPORTED with one sentence that names what is missing
 */
export function loadAddon(): FuseNativeAddon {
  loaded ??= facade(loadExports());
  return loaded;
}

function loadExports(): Exports {
  try {
    const packageFile = require.resolve("fuse-native/package.json");
    const load = createRequire(packageFile)("node-gyp-build") as (directory: string) => Exports;
    return load(dirname(packageFile));
  } catch (error) {
    throw addonMissing(error);
  }
}

/** What to tell a person whose addon cannot be loaded. */
export function addonMissing(cause: unknown): P2pfsError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const code = (cause as { code?: unknown } | null)?.code;
  let message = `the FUSE addon cannot be loaded: ${text.split("\n")[0]}`;
  if (/libfuse/.test(text)) message = "libfuse 2 is missing; install Debian's package libfuse2";
  else if (/No native build/.test(text))
    message = `the package fuse-native has no build for ${process.platform} on ${process.arch}`;
  else if (code === "MODULE_NOT_FOUND") message = "the package fuse-native is not installed; run npm ci";
  return new P2pfsError("NOT_SUPPORTED", message, { cause });
}

function facade(exported: Exports): FuseNativeAddon {
  const find = (name: string): unknown => {
    const value = exported[name];
    if (value === undefined)
      throw new P2pfsError("NOT_SUPPORTED", `this build of fuse-native has no ${name}`);
    return value;
  };
  return {
    mountBytes: Number(find("sizeof_fuse_thread_t")),
    opcode: (operation) => Number(find(`op_${operation}`)),
    signal: (operation) => find(`fuse_native_signal_${operation}`) as Signal,
    mount: find("fuse_native_mount") as FuseNativeAddon["mount"],
    end: find("fuse_native_unmount") as FuseNativeAddon["end"],
  };
}
