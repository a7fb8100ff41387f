/**
 * Where a daemon's own files lie: all under one directory when a workhome is given, else in the places of the system
 * (root) or of the user (XDG base directories). Pure: makes no directory and asks the disk nothing.
 */
import { join, resolve } from "node:path";
import { InvalidInputError } from "../../base/errors.ts";

/** Absolute paths. Config keys may move the socket and the storage; see config.ts. */
export interface WorkhomePaths {
  /** Names the daemon's home to people: the workhome, or the directory of the configuration. */
  readonly home: string;
  readonly socketPath: string;
  readonly pidPath: string;
  readonly configPath: string;
  readonly storageDir: string;
  readonly logDir: string;
  /** True when no workhome was given and root's places are meant. */
  readonly system: boolean;
}

/** @param environment XDG_* and HOME are read from it, for users other than root. @throws InvalidInputError without HOME */
export function workhomePaths(options: {
  readonly workhome?: string | undefined;
  readonly uid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): WorkhomePaths {
  if (options.workhome !== undefined) return underOne(resolve(options.workhome));
  return options.uid === 0 ? SYSTEM : ofUser(options.environment);
}

/** Root's places. */
export const SYSTEM: WorkhomePaths = {
  home: "/etc/p2pfs",
  socketPath: "/run/p2pfs/dfdaemon.sock",
  pidPath: "/run/p2pfs/dfdaemon.pid",
  configPath: "/etc/p2pfs/dfdaemon.yaml",
  storageDir: "/var/lib/p2pfs/storage",
  logDir: "/var/log/p2pfs",
  system: true,
};

function underOne(home: string): WorkhomePaths {
  return {
    home,
    socketPath: join(home, "dfdaemon.sock"),
    pidPath: join(home, "dfdaemon.pid"),
    configPath: join(home, "dfdaemon.yaml"),
    storageDir: join(home, "storage"),
    logDir: join(home, "logs"),
    system: false,
  };
}

function ofUser(environment: Readonly<Record<string, string | undefined>>): WorkhomePaths {
  const base = (name: string, belowHome: string): string => {
    const given = environment[name];
    // The specification: a path that is not absolute is ignored.
    if (given?.startsWith("/")) return join(given, "p2pfs");
    const home = environment.HOME;
    if (home === undefined || !home.startsWith("/"))
      throw new InvalidInputError(`neither ${name} nor HOME is set; give --workhome DIR`);
    return join(home, belowHome, "p2pfs");
  };
  const stateDir = base("XDG_STATE_HOME", ".local/state");
  // Without a runtime directory (no login session) the socket lies with the state.
  const runDir = environment.XDG_RUNTIME_DIR?.startsWith("/") ? base("XDG_RUNTIME_DIR", "") : stateDir;
  const configDir = base("XDG_CONFIG_HOME", ".config");
  return {
    home: configDir,
    socketPath: join(runDir, "dfdaemon.sock"),
    pidPath: join(runDir, "dfdaemon.pid"),
    configPath: join(configDir, "dfdaemon.yaml"),
    storageDir: join(base("XDG_DATA_HOME", ".local/share"), "storage"),
    logDir: join(stateDir, "logs"),
    system: false,
  };
}
