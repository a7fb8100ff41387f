/** What `p2pfs doctor` looks at, as plain values: gathered by the other files of this folder, judged by findings.ts. */

/** Something that can be used, or why not. */
export type Usable = { readonly usable: true } | { readonly usable: false; readonly reason: string };

/** What was tried, or why nothing was. */
export type Trial<T> =
  | { readonly tried: true; readonly found: T }
  | { readonly tried: false; readonly reason: string };

export interface MachineFacts {
  readonly platform: string;
  /** "20.18.1". */
  readonly nodeVersion: string;
  readonly uid: number;
  /** native/linux, as this Node loads it. */
  readonly addon: Usable;
  /** fuse-native with libfuse 2. */
  readonly libfuse: Usable;
  readonly device: "usable" | "missing" | "forbidden";
  /** Permission bits of /dev/fuse, octal; undefined when it is missing. */
  readonly deviceMode: string | undefined;
  /** Path of fusermount3 or fusermount. */
  readonly helper: string | undefined;
  /** Programs with set-user-id get their rights: no_new_privs is not set, and CAP_SYS_ADMIN not bounded away. */
  readonly helperGains: boolean;
  /** CAP_SYS_ADMIN is in effect. */
  readonly sysAdmin: boolean;
  readonly firstUserNamespace: boolean;
  /** "6.18.44". */
  readonly kernel: string;
  /** fs.fuse.max_request_timeout, seconds; 0 or undefined: none. */
  readonly requestTimeoutS: number | undefined;
  /** /etc/fuse.conf has user_allow_other. */
  readonly userAllowOther: boolean;
  /** Where updatedb is configured; undefined: nowhere. */
  readonly updatedb: { readonly path: string; readonly pruned: readonly string[] } | undefined;
  /** Names of proxy variables that are set. */
  readonly proxies: readonly string[];
}

export interface StorageFacts {
  readonly directory: string;
  /** The nearest folder that exists, which is looked at in its place. */
  readonly existing: string;
  /** As the mount table names it: "ext4", "overlay". */
  readonly filesystem: string;
  readonly availableBytes: number;
  readonly totalBytes: number;
  readonly punchesHoles: Trial<boolean>;
  readonly directIo: Trial<boolean>;
  /** Why complete files are not read by the kernel itself; undefined: they are. */
  readonly passthrough: Trial<string | undefined>;
}

export interface DaemonFacts {
  readonly socketPath: string;
  /** undefined: none answers. */
  readonly running: { readonly version: string; readonly pid: number } | undefined;
  /** What answers on the socket but gives no status. */
  readonly refusal: string | undefined;
  /** The pid file's number, and whether such a process lives. */
  readonly pidFile: { readonly path: string; readonly pid: number; readonly alive: boolean } | undefined;
  /** Octal permission bits and group of the socket. */
  readonly socket: { readonly mode: string; readonly gid: number } | undefined;
  /** gid of the group p2pfs. */
  readonly groupId: number | undefined;
}

export interface MountFacts {
  readonly directory: string;
  readonly state: "answers" | "disconnected" | "fails" | "hangs";
  readonly readAheadKib: number | undefined;
}

export interface ConfigFacts {
  /** Why the configuration is refused; undefined: it is not. */
  readonly refusal: string | undefined;
  readonly readTimeoutMs: number;
  /** gc.policy.diskThreshold, bytes; 0: none. */
  readonly diskThresholdBytes: number;
}

export interface Facts {
  readonly version: string;
  readonly machine: MachineFacts;
  readonly config: ConfigFacts;
  /** Or why the storage cannot be looked at. */
  readonly storage: Trial<StorageFacts>;
  readonly daemon: DaemonFacts;
  readonly mounts: readonly MountFacts[];
}
