/**
 * What the server needs of its surroundings besides the engine: mounts, links, facts about the daemon. Types only; the
 * daemon and the commands fulfil them.
 */
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Task } from "../../proto/gen/common/v2/Task.ts";
import type { EngineApi } from "../engine/open-task.ts";
import type { SourceOf, SourceRequest } from "../source/source.ts";
import type { DaemonMetrics } from "./metrics.ts";

export interface MountOptions {
  readonly directory: string;
  readonly allowOther: boolean;
  /** The kernel itself refuses changes. */
  readonly readOnly: boolean;
  readonly binding: "auto" | "native" | "fuse-native";
  /** Owner and group of every file that says nothing of its own; undefined: the daemon's. */
  readonly uid?: number;
  readonly gid?: number;
  /** Permission bits taken away from every file. */
  readonly umask?: number;
  /** The process for which the mount exists: it is unmounted when that is gone. */
  readonly ownerPid?: number;
}

export interface MountInfo {
  readonly directory: string;
  /** Never "auto". */
  readonly binding: string;
  readonly readOnly: boolean;
}

/** Whoever makes mounts of the daemon's tree. */
export interface MountHost {
  /**
   * Resolves once the mount answers.
   * @throws P2pfsError BUSY when something is mounted there, NOT_SUPPORTED when the binding is not to be had, and what the
   * kernel says
   */
  mount(options: MountOptions): Promise<MountInfo>;
  /**
   * Resolves once the directory is no mount of ours any more.
   * @throws NotFoundError, P2pfsError BUSY when files in it are open and neither `lazy` nor `force` is set
   */
  unmount(options: { directory: string; lazy: boolean; force: boolean }): Promise<void>;
  list(): readonly MountInfo[];
  /** What the kernel holds of all mounts: inodes it knows, files and directories that are open. */
  held(): { readonly inodes: number; readonly handles: number };
  /** Calls back after every change of `list`, also when somebody else unmounts. */
  onChange(listener: () => void): void;
}

/** Names below url/ in the mounts. */
export interface Links {
  /** @returns the name, derived from the URL when none is given @throws ALREADY_EXISTS, InvalidInputError */
  link(link: {
    readonly url: string;
    readonly name?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly digest?: string;
  }): Promise<string>;
  /** @throws NotFoundError */
  unlink(name: string): Promise<void>;
}

/** Facts that `p2pfs status` shows. */
export interface DaemonFacts {
  readonly startedAtMs: number;
  readonly pid: number;
  /** Absolute. */
  readonly workhome: string;
  readonly configDigest: string;
  readonly storageDir: string;
  /** gc.policy.cacheThreshold. */
  readonly cacheThresholdBytes: number;
  usage(): Promise<StorageFigures>;
}

/** What the storage holds and may hold, bytes; see the storage. */
export interface StorageFigures {
  readonly usedBytes: number;
  readonly availableBytes: number;
  readonly totalBytes: number;
  readonly cacheBytes: number;
  readonly seededBytes: number;
  readonly pinnedBytes: number;
  readonly taskCount: number;
}

/** Who this host is to Dragonfly. */
export interface HostNames {
  readonly id: string;
  newPeerId(): string;
}

/** The cluster this host is in, if any. */
export interface ClusterFace {
  /** @throws PermissionError when the cluster forbids the download */
  refuseBlocked(download: {
    readonly url: string;
    readonly application: string;
    readonly tag: string;
    /** Of a request that names one. */
    readonly priority?: number;
  }): void;
  state(): ClusterState;
  /** Of a cluster of our own; undefined in others. Never fails, and never takes long. */
  membership(): Promise<MembershipFacts | undefined>;
  /** What the task's scheduler knows of it; undefined when it knows nothing, or none can be asked. Never fails. */
  statTask(taskId: string): Promise<Task | undefined>;
  /** Tells the task's scheduler that it is not here any more. Never fails. */
  taskDeleted(taskId: string): Promise<void>;
  /** Tells the schedulers that this host is gone for good. @throws P2pfsError when one was not told */
  leave(): Promise<void>;
  /**
   * The same, and where the cluster is one of our own, its issuer is told too, and all of it forgotten.
   * @param force although somebody could not be told, or the cluster is left without its authority
   * @throws P2pfsError
   */
  leaveForGood(force: boolean): Promise<void>;
  /**
   * Takes another host out of the cluster of our own whose authority this host keeps.
   * @param words its name, address or id
   * @throws P2pfsError
   */
  removeMember(words: string): Promise<MemberRemoval>;
}

/** A host that was taken out. */
export interface MemberRemoval {
  readonly member: { readonly hostname: string; readonly ip: string };
  /** Id of the token that it came by, and that lets nobody in any more. */
  readonly endedToken: string | undefined;
}

/** A cluster of our own, as this host knows it. */
export interface MembershipFacts {
  readonly state: {
    readonly clusterName: string;
    readonly memberId: string;
    readonly roles: readonly string[];
    readonly isIssuer: boolean;
    readonly issuer: string;
  };
  readonly certificateUntilMs: number;
  readonly authorityUntilMs: number;
  /** Hosts whose certificates this one refuses. */
  readonly refusedCount: number;
  /** Why the issuer could not be asked; empty when it could. */
  readonly failure: string;
  readonly memberCount: number;
  readonly members: readonly {
    readonly hostname: string;
    readonly ip: string;
    readonly roles: readonly string[];
    readonly memberId: string;
    readonly seenAtMs: number;
    readonly isIssuer: boolean;
    readonly certificateUntilMs?: number;
  }[];
  /** Hosts that left or were removed, the newest first. */
  readonly removed: readonly {
    readonly memberId: string;
    readonly hostname: string;
    readonly ip: string;
    readonly removedAtMs: number;
    readonly left: boolean;
  }[];
}

/** What `p2pfs status` shows of it. */
export interface ClusterState {
  readonly hostId: string;
  /** Who knows the schedulers; empty for a host by itself. */
  readonly source: string;
  /** Why that could not be asked the last time; empty when it could. */
  readonly failure: string;
  readonly schedulers: readonly {
    /** "ADDRESS:PORT". */
    readonly address: string;
    readonly serving: boolean;
    /** Why it does not serve; empty when it does. */
    readonly reason: string;
  }[];
}

/** Notes that somebody uses the daemon until the returned function is called (once or more). */
export type BeginUse = () => () => void;

/** Everything the services share. */
export interface ServiceContext {
  readonly engine: EngineApi;
  readonly sourceOf: SourceOf;
  /** What the configuration adds to a request for the URL: headers, and the credentials of its root. */
  readonly requestFor: (url: string) => SourceRequest;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: DaemonMetrics;
  readonly host: HostNames;
  /** @throws InvalidInputError when the path leads into a mount of p2pfs */
  readonly refuseOwnMount: (what: string, path: string) => Promise<void>;
  readonly mounts: MountHost;
  readonly links: Links;
  readonly cluster: ClusterFace;
  readonly facts: DaemonFacts;
  readonly beginUse: BeginUse;
  /** Begins the daemon's orderly end. */
  readonly stop: () => void;
  /** Letters and digits, unlike any other: for names of temporary files. */
  readonly newToken: () => string;
}
