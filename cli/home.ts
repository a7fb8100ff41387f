/** What every command needs to find its daemon: the workhome, the config file, and where things lie. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { fromUnknown } from "../base/node-errors.ts";
import type { LoadedConfig } from "../daemon/config/config.ts";
import type { ConfigFile } from "../daemon/config/config-file.ts";
import { type WorkhomePaths, workhomePaths } from "../daemon/config/workhome.ts";
import { refuseUnderOwnMount } from "../daemon/own-mounts.ts";

/** Options of every command. */
export interface HomeOptions {
  readonly workhome?: string;
  readonly config?: string;
  /** Addresses of schedulers, in place of what the config says. */
  readonly scheduler?: readonly string[];
}

/** A daemon's home as a command sees it. */
export interface Home {
  readonly workhome: WorkhomePaths;
  /** As given on the command line; absent: the default. */
  readonly options: HomeOptions;
  readonly socketPath: string;
  /** Where the daemon's holder shows that it lives. */
  readonly holderPath: string;
  /**
   * The configuration, read when it is first asked for: what reads and checks it takes longer to load than a running daemon
   * to answer. @throws InvalidInputError INVALID_CONFIG
   */
  loaded(): Promise<LoadedConfig>;
}

/** Adds --workhome and --config. */
export function withHomeOptions(command: Command): Command {
  return command
    .option("--workhome <DIR>", "directory of everything the daemon keeps: socket, config, storage, logs")
    .option("--config <FILE>", "the daemon's dfdaemon.yaml (default: the one in the workhome)");
}

/** Adds --scheduler, for commands that run or start a daemon. */
export function withSchedulerOption(command: Command): Command {
  return command.option(
    "--scheduler <ADDR>",
    "a scheduler of the cluster to join, HOST:PORT; repeatable",
    (address: string, before: readonly string[] = []) => [...before, address],
  );
}

/**
 * Finds the daemon that these options mean.
 * @param flags key path → value, over the file and the environment
 * @throws InvalidInputError when the workhome lies in a mount of p2pfs
 * @throws P2pfsError when a file that was named cannot be read, InvalidInputError INVALID_CONFIG
 */
export async function openHome(options: HomeOptions, flags: Record<string, unknown> = {}): Promise<Home> {
  const workhome = workhomePaths({
    workhome: options.workhome,
    uid: process.getuid?.() ?? 0,
    environment: process.env,
  });
  const { scheduler } = options;
  const allFlags = scheduler === undefined ? flags : { ...flags, "scheduler.addrs": scheduler };
  // Told before anything in it is looked at: whoever asks a stuck mount waits.
  await refuseUnderOwnMount("the workhome", workhome.home);
  const file = await readConfig(options.config, workhome);
  let loading: Promise<LoadedConfig> | undefined;
  const loaded = () => {
    loading ??= import("../daemon/config/config.ts").then(({ loadConfig }) =>
      loadConfig({ file, environment: process.env, flags: allFlags, workhome }),
    );
    return loading;
  };
  const moved = file?.text.includes("socketPath") || process.env[SOCKET_VARIABLE] !== undefined;
  const socketPath = moved ? (await loaded()).config.download.server.socketPath : workhome.socketPath;
  return { workhome, options, socketPath, holderPath: `${socketPath}.holder`, loaded };
}

/** The environment's name of download.server.socketPath. */
const SOCKET_VARIABLE = "DFDAEMON_DOWNLOAD_SERVER_SOCKET_PATH";

async function readConfig(
  given: string | undefined,
  workhome: WorkhomePaths,
): Promise<ConfigFile | undefined> {
  const path = given === undefined ? workhome.configPath : resolve(given);
  try {
    return { path, text: await readFile(path, "utf8") };
  } catch (error) {
    const failure = fromUnknown(error, `cannot read the config ${path}`);
    if (given === undefined && failure.code === "NOT_FOUND") return undefined;
    throw failure;
  }
}
