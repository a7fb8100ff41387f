/**
 * Serves a mount over an in-memory source, in a process of its own: whoever reads from a mount must not be the one who
 * serves it. Told what to do by messages; ends when its parent does.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock } from "../../base/clock.ts";
import { P2pfsError } from "../../base/errors.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { Binding, MountSession } from "../../fs/bindings/binding.ts";
import { runCommand } from "../../fs/bindings/child-command.ts";
import { fuseNativeBinding } from "../../fs/bindings/fuse-native/binding.ts";
import { INIT_FLAG } from "../../fs/bindings/kernel-abi/flags.ts";
import { nativeBinding } from "../../fs/bindings/native/binding.ts";
import { NativeSession } from "../../fs/bindings/native/session.ts";
import { Filesystem } from "../../fs/filesystem.ts";
import { type Fault, MemoryContentSource } from "../../fs/memory-content-source.ts";
import { bytesContent, patternContent } from "../../fs/memory-file.ts";
import { KeptLog } from "../fs/fixture.ts";
import type { Answer, Begun, Commands, FaultCode, Question, ServeOptions } from "./commands.ts";

const BINDINGS: Readonly<Record<string, (options: ServeOptions) => Binding>> = {
  "fuse-native": () => fuseNativeBinding({ clock: systemClock }),
  native: (options) => nativeWithout(options, 0n),
  // Offers came one after the other; an older kernel makes none of the newer ones.
  "native on Linux 5.4": (options) => nativeWithout(options, newerThan(INIT_FLAG.MAP_ALIGNMENT)),
  "native on Linux 4.18": (options) => nativeWithout(options, newerThan(INIT_FLAG.ABORT_ERROR)),
};

const newerThan = (newest: bigint) => ~((newest << 1n) - 1n);

function nativeWithout({ native = {} }: ServeOptions, refusedBefore: bigint): Binding {
  const { attributesMs = 0, absentMs = 0, refused = [] } = native;
  const refusedFlags = refused.reduce((flags, name) => flags | INIT_FLAG[name], refusedBefore);
  return nativeBinding({ clock: systemClock, timeouts: { attributesMs, absentMs }, refusedFlags });
}

const errorOf = ({ code, message }: FaultCode) => new P2pfsError(code, message);

function faultOf(fault: FaultCode | "hang" | null): Fault | undefined {
  if (fault === null) return undefined;
  if (fault === "hang") return () => new Promise(() => {});
  return async () => {
    throw errorOf(fault);
  };
}

function makeCommands(parts: {
  source: MemoryContentSource;
  filesystem: Filesystem;
  session: MountSession;
  log: KeptLog;
}): Commands {
  const { source, filesystem, session, log } = parts;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const texts = new Map<string, string>();
  let ended = false;
  session.onEnd(() => {
    ended = true;
  });
  return {
    addFile: (path, size, seed, options) => void source.addFile(path, patternContent(size, seed), options),
    addFiles: (paths, size) => {
      for (const path of paths) source.addFile(path, patternContent(size, 1));
    },
    addBytes: (path, text, options) => void source.addFile(path, bytesContent(text), options),
    addDirectory: (path, options) => source.addDirectory(path, options),
    addAlias: (path, of) => source.addAlias(path, of),
    writeControlFile: (path, text) => {
      if (!texts.has(path)) source.addText(path, () => texts.get(path) ?? "");
      texts.set(path, text);
    },
    remove: (path) => source.remove(path),
    update: (path, size, seed, options) => source.file(path).update(patternContent(size, seed), options),
    setGate: (path, gate) => source.file(path).setGate(typeof gate === "string" ? gate : errorOf(gate)),
    arrive: (path, blocks) => source.file(path).arrive(blocks),
    damage: (path, bytes) => source.file(path).damage(bytes),
    isKept: (path) => source.file(path).isKept,
    evict: (path, blocks) => blocks.filter((block) => source.file(path).evict(block)).length,
    setFault: (operation, path, fault) => source.setFault(operation, path, faultOf(fault)),
    setSpace: (space) => source.setSpace(space),
    wants: (path) => source.wants(path),
    presentBlocks: (path) => source.file(path).presentBlocks,
    openContents: (path) => source.file(path).opens.now,
    contentPath: (path) => source.file(path).contentPath,
    handleCount: () => filesystem.handleCount,
    failures: () => log.lines.filter(({ event, level }) => event === "request failed" && level === "warn"),
    logged: (event) => log.lines.filter((line) => line.event === event),
    unmount: (options) => session.unmount(options),
    hasEnded: () => ended,
    channel: () => {
      const counters = session instanceof NativeSession ? session.counters() : undefined;
      if (!(session instanceof NativeSession) || counters === undefined)
        throw new P2pfsError("CLOSED", "there is no channel");
      return { counters, passthroughRefusal: session.passthroughRefusal };
    },
    descriptorsOfCommand: async () => {
      const listed = await runCommand("ls", ["-l", "/proc/self/fd"], {
        clock: systemClock,
        deadlineMs: 5000,
      });
      return listed?.output ?? "";
    },
    loopDelay: () => {
      const ms = (nanoseconds: number) => nanoseconds / 1e6;
      const figures = { p99: ms(delay.percentile(99)), p999: ms(delay.percentile(99.9)), max: ms(delay.max) };
      delay.reset();
      return figures;
    },
  };
}

async function serve(options: ServeOptions): Promise<Commands> {
  const binding = BINDINGS[options.binding]?.(options);
  if (binding === undefined) throw new P2pfsError("NOT_SUPPORTED", `there is no binding ${options.binding}`);
  const log = new KeptLog();
  const source = await MemoryContentSource.create(
    options.pieceBytes === undefined ? {} : { pieceBytes: options.pieceBytes },
  );
  const { uid, gid, umask, directory, requestMs } = options;
  const ownership = { defaultUid: process.getuid?.() ?? 0, defaultGid: process.getgid?.() ?? 0 };
  const filesystem = new Filesystem({
    source,
    clock: systemClock,
    logger: log,
    ownership: { ...ownership, uid, gid, umask },
    versions: binding.versions,
    limits: requestMs === undefined ? {} : { requestMs },
  });
  let session: MountSession | undefined;
  process.once("disconnect", () => void end(session, filesystem, source));
  const { readOnly = false, allowOther = false } = options;
  const mounted = await binding
    .mount(filesystem, { directory, readOnly, allowOther })
    .catch(async (error) => {
      await source.close();
      throw error;
    });
  session = mounted;
  return makeCommands({ source, filesystem, session: mounted, log });
}

/** The parent is gone, or done. */
async function end(
  session: MountSession | undefined,
  filesystem: Filesystem,
  source: MemoryContentSource,
): Promise<void> {
  await session?.unmount({ lazy: true, force: true }).catch(() => undefined);
  await filesystem.close();
  await source.close();
  process.exit(0);
}

function say(message: Answer | Begun): void {
  if (process.connected) process.send?.(message);
}

const failed = (error: unknown): { error: FaultCode } => {
  const { code, message } = fromUnknown(error);
  return { error: { code, message } };
};

process.once("message", async (options: ServeOptions) => {
  try {
    const commands = await serve(options);
    process.on("message", async ({ id, command, args }: Question) => {
      try {
        const run = commands[command] as (...values: readonly unknown[]) => unknown;
        say({ id, result: await run(...args) });
      } catch (error) {
        say({ id, ...failed(error) });
      }
    });
    say({ ready: true });
  } catch (error) {
    say(failed(error));
    process.exitCode = 1;
    if (process.connected) process.disconnect();
  }
});
