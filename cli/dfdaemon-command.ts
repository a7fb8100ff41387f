/**
 * dfdaemon's command line and life: reads the configuration, opens the log, starts the daemon, and ends it in order on
 * a signal, on its own wish, or when something broke that no part could deal with.
 */
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { systemClock } from "../base/clock.ts";
import { InvalidInputError } from "../base/errors.ts";
import { makeFolder } from "../base/folder.ts";
import { createLogger, type Logger } from "../base/logger.ts";
import { fromUnknown } from "../base/node-errors.ts";
import { VERSION } from "../base/version.ts";
import type { LoadedConfig } from "../daemon/config/config.ts";
import type { DaemonOptions } from "../daemon/daemon.ts";
import type { Until } from "../daemon/lifetime.ts";
import { LogFile } from "../daemon/log-file.ts";
import { withMembership } from "../daemon/membership/member-config.ts";
import { MemberFiles } from "../daemon/membership/member-files.ts";
import { refuseOwnPathsInMounts } from "../daemon/own-paths.ts";
import { RecentLog } from "../daemon/recent-log.ts";
import { DaemonEnd } from "../holder/daemon-end.ts";
import { HOLDER_OPTION } from "../holder/messages.ts";
import { plainUsageErrors } from "./failure.ts";
import { type Home, type HomeOptions, openHome, withHomeOptions, withSchedulerOption } from "./home.ts";
import { KernelMounts } from "./mount-host.ts";
import { SUCCESSION_SIGNAL, successorOf } from "./takeover.ts";

interface DaemonFlags extends HomeOptions {
  readonly logLevel?: string;
  readonly dynconfig?: string;
  readonly embeddedScheduler?: boolean;
  readonly until: Until;
  readonly detached: boolean;
  readonly holder?: string;
}

function command(): Command {
  return withSchedulerOption(withHomeOptions(new Command("dfdaemon")))
    .description("Runs the daemon until it is told to end.")
    .option("--dynconfig <FILE>", "the dynconfig file of a cluster without a manager")
    .option("--embedded-scheduler", "be a scheduler of the cluster, too")
    .version(`dfdaemon ${VERSION}`, "-V, --version")
    .addOption(
      new Option("-l, --log-level <LEVEL>", "debug, info, warn or error").choices([
        "debug",
        "info",
        "warn",
        "error",
      ]),
    )
    .addOption(
      new Option("--until <WHEN>", "when to end by itself")
        .choices(["told", "last-unmount", "idle"])
        .default("told")
        .hideHelp(),
    )
    .addOption(new Option("--detached", "log to a file and report to the parent").default(false).hideHelp())
    .addOption(new Option(`${HOLDER_OPTION} <FDS>`, "descriptors that lead to the holder").hideHelp());
}

/** Resolves when the daemon has ended. */
export async function run(args: readonly string[]): Promise<void> {
  const parsed = plainUsageErrors(command()).parse(args, { from: "user" });
  const flags = parsed.opts<DaemonFlags>();
  // Files of the daemon are its own, whoever's umask it was started with.
  process.umask(0o077);
  const holder = new DaemonEnd(descriptorsOf(flags.holder ?? ""), systemClock);
  try {
    const home = await openHome(flags, {
      ...(flags.logLevel === undefined ? {} : { "log.level": flags.logLevel }),
      ...(flags.embeddedScheduler ? { "embeddedScheduler.enable": true } : {}),
      ...(flags.dynconfig === undefined ? {} : { "dynconfig.path": resolve(flags.dynconfig) }),
    });
    const { loaded, member } = await configured(home);
    // Told before the daemon's parts are loaded, which takes most of a start.
    await refuseOwnPathsInMounts(loaded.config, home.workhome);
    await live(home, loaded, member, flags, holder);
  } catch (error) {
    const failure = fromUnknown(error);
    holder.report({ ready: false, code: failure.code, message: failure.message });
    throw failure;
  }
}

/** With what the host's cluster adds, if it is one of our own. @throws InvalidInputError INVALID_CONFIG */
async function configured(home: Home) {
  const loaded = await home.loaded();
  const files = MemberFiles.of(home.workhome);
  const state = await files.state();
  if (state === undefined) return { loaded, member: undefined };
  return { loaded: withMembership(loaded, state, files.paths), member: { files, state } };
}

/** @throws InvalidInputError */
function descriptorsOf(text: string): [number, number?] {
  const [lines, descriptors] = text.split(",").map(Number);
  if (lines === undefined || !Number.isInteger(lines))
    throw new InvalidInputError(`${HOLDER_OPTION} is what the holder starts the daemon with`);
  return descriptors === undefined ? [lines] : [lines, descriptors];
}

async function live(
  home: Home,
  loaded: LoadedConfig,
  member: DaemonOptions["member"],
  flags: DaemonFlags,
  holder: DaemonEnd,
): Promise<void> {
  const end = new End();
  const recent = new RecentLog();
  const file = flags.detached ? await openLogFile(home, loaded) : undefined;
  const log = createLogger({
    level: loaded.config.log.level,
    destination: {
      write(line: string) {
        recent.write(line);
        if (file === undefined) process.stderr.write(line);
        else file.write(line);
      },
    },
  });
  for (const warning of loaded.warnings) log.warn({ warning }, "config");
  watchForEnd(end, log, holder);
  watchForSuccessor(end, log, holder, home.socketPath);
  // No filesystem is kept busy by a daemon, least of all its own.
  process.chdir("/");
  try {
    const { Daemon } = await import("../daemon/daemon.ts");
    const daemon = await Daemon.start({
      loaded,
      workhome: home.workhome,
      clock: systemClock,
      random: Math.random,
      log,
      recentLog: () => recent.text(),
      uid: process.getuid?.() ?? 0,
      pid: process.pid,
      environment: process.env,
      ...(member === undefined ? {} : { member }),
      until: flags.until,
      mountHost: (source) =>
        new KernelMounts({
          source,
          clock: systemClock,
          log,
          readTimeoutMs: loaded.config.mount.readTimeout,
          guarded: loaded.config.mount,
          bindings: { "fuse-native": fuseNative, native: () => native(loaded, holder) },
          inherited: holder.inherited,
          uid: process.getuid?.() ?? 0,
          gid: process.getgid?.() ?? 0,
        }),
      onEnd: (reason) => end.because(reason, 0),
    });
    if (holder.canHold) holder.home(home.holderPath);
    holder.report({ ready: true });
    const { reason, status, leaveMounts } = await end.came;
    log.info({ reason, leaveMounts }, "daemon-stopping");
    if (!leaveMounts) holder.stopping();
    await daemon.close({ leaveMounts });
    process.exitCode = status;
  } finally {
    await file?.close();
  }
  // Native parts may still hold the loop; everything of ours is closed.
  process.exit();
}

/** libfuse is loaded when something is mounted, so that a machine without it can still copy. */
async function fuseNative() {
  const { fuseNativeBinding } = await import("../fs/bindings/fuse-native/binding.ts");
  return fuseNativeBinding({ clock: systemClock });
}

/** The kernel's own protocol. Its addon is loaded when something is mounted with it. */
async function native({ config }: LoadedConfig, holder: DaemonEnd) {
  const { nativeBinding } = await import("../fs/bindings/native/binding.ts");
  const { attributeTimeout, negativeTimeout } = config.mount;
  return nativeBinding({
    clock: systemClock,
    ...(holder.canHold ? { mounter: holder.mounter } : {}),
    storageDirectory: config.storage.dir,
    timeouts: { attributesMs: attributeTimeout, absentMs: negativeTimeout },
  });
}

async function openLogFile(home: Home, loaded: LoadedConfig): Promise<LogFile> {
  const { logDir } = home.workhome;
  await makeFolder(logDir).catch((error) => {
    throw fromUnknown(error, `cannot make ${logDir}`);
  });
  const { fileSize, fileCount } = loaded.config.log;
  const path = join(logDir, "dfdaemon.log");
  return LogFile.open({ path, fileBytes: fileSize, fileCount, clock: systemClock });
}

interface EndReason {
  readonly reason: string;
  readonly status: number;
  readonly leaveMounts: boolean;
}

/** Why and with which status the daemon ends: the first reason counts. */
class End {
  readonly came: Promise<EndReason>;
  #come: (end: EndReason) => void = () => {};

  constructor() {
    this.came = new Promise((resolve) => {
      this.#come = resolve;
    });
  }

  /** @param leaveMounts to a daemon that comes after this one: because this one is broken, or was told to */
  because(reason: string, status: number, leaveMounts = false): void {
    this.#come({ reason, status, leaveMounts });
  }
}

/** Everything besides the daemon itself that may end it. A second signal ends the process at once. */
function watchForEnd(end: End, log: Logger, holder: DaemonEnd): void {
  let signals = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      end.because(name, 0);
    });
  const broken = (kind: string) => (error: unknown) => {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    log.error({ kind, reason: message, stack }, "daemon-broken");
    end.because(`${kind}: ${message}`, 1, true);
  };
  // Who read the log has gone; the daemon goes on.
  process.stderr.on("error", () => {});
  process.on("uncaughtException", broken("uncaught exception"));
  process.on("unhandledRejection", broken("unhandled rejection"));
  void holder.gone.then(() => end.because("its holder is gone", 0));
}

/** A newer build may ask this one to give way; see takeover.ts. */
function watchForSuccessor(end: End, log: Logger, holder: DaemonEnd, socketPath: string): void {
  process.on(SUCCESSION_SIGNAL, () => {
    successorOf(socketPath).then(
      (entry) => {
        holder.successor(entry);
        end.because("a newer build goes on", 0, true);
      },
      (error) => log.warn({ reason: fromUnknown(error).message }, "succession refused"),
    );
  });
}
