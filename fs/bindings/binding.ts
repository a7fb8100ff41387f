/**
 * How the mount reaches a kernel: the one interface that every binding fulfils, so that the command that mounts and
 * the tests of the mount's meaning know no binding by name.
 */
import type { Filesystem } from "../filesystem.ts";
import type { VersionPolicy } from "../version-choice.ts";

export interface MountOptions {
  /** Absolute path of an existing, empty directory. */
  readonly directory: string;
  /** The kernel itself refuses changes (mount flag "ro"). Default false: the filesystem refuses what cannot be changed. */
  readonly readOnly?: boolean;
  /** Users other than the mounting one may enter. Default false. */
  readonly allowOther?: boolean;
  /** For whoever goes on with the mount when this process is dead; what it says is the caller's. Default "". */
  readonly note?: string;
}

export interface UnmountOptions {
  /** Take the name away now; open files go on until they are closed. */
  readonly lazy?: boolean;
  /** End everything: requests that wait are answered with EIO, and open files fail. */
  readonly force?: boolean;
}

/** One mount, served by this process. */
export interface MountSession {
  /** Where it is mounted, as the mount table says. */
  readonly directory: string;
  /**
   * Takes the mount away. Resolves when it is gone; with `lazy`, when its name is.
   * @throws P2pfsError BUSY when files are open and neither option is set, NOT_PERMITTED, DeadlineError
   */
  unmount(options?: UnmountOptions): Promise<void>;
  /**
   * Stops answering and leaves the mount to another process, where that is possible: what is unanswered is asked there.
   * @returns false when the mount cannot be without this process
   */
  leave?(): Promise<boolean>;
  /** Calls back once, when nothing is served any more, whoever unmounted it. @returns the unsubscriber */
  onEnd(listener: () => void): () => void;
}

/** A way to the kernel. Stateless: each mount is a session. */
export interface Binding {
  readonly name: "fuse-native" | "native";
  /** What the filesystem must be made with. */
  readonly versions: VersionPolicy;
  /**
   * Mounts, and resolves once another process can use the mount. Heals a stale mountpoint first. Failed requests are
   * logged to the filesystem's log.
   * @throws P2pfsError: NOT_SUPPORTED when this machine lacks what the binding needs (the message names the package),
   * BUSY, NOT_FOUND, NOT_A_DIRECTORY, FAILED_PRECONDITION, NOT_PERMITTED, DEADLINE
   */
  mount(filesystem: Filesystem, options: MountOptions, signal?: AbortSignal): Promise<MountSession>;
}
