/** What the tests of real mounts may tell the process that serves one; see serve.ts. */
import type { ErrorCode } from "../../base/errors.ts";
import type { UnmountOptions } from "../../fs/bindings/binding.ts";
import type { INIT_FLAG } from "../../fs/bindings/kernel-abi/flags.ts";
import type { SpaceFigures } from "../../fs/content-source.ts";
import type {
  FaultyOperation,
  MemoryFileOptions,
  MemoryNodeOptions,
} from "../../fs/memory-content-source.ts";
import type { WantRecord } from "../../fs/memory-file.ts";
import type { ChannelCounters } from "../../native/linux/kernel-channel.ts";
import type { LogLine } from "../fs/fixture.ts";

/** How a mount to be tested is made. */
export interface ServeOptions {
  readonly binding: string;
  readonly directory: string;
  readonly readOnly?: boolean;
  readonly allowOther?: boolean;
  readonly uid?: number;
  readonly gid?: number;
  readonly umask?: number;
  readonly pieceBytes?: number;
  /** Longest time of a request, ms. */
  readonly requestMs?: number;
  /** For the native binding. */
  readonly native?: {
    /** How long the kernel believes names and attributes, and absent names, ms. Default 0: what changes is seen at once. */
    readonly attributesMs?: number;
    readonly absentMs?: number;
    /** Names of the kernel's offers that are refused, as in INIT_FLAG. */
    readonly refused?: readonly (keyof typeof INIT_FLAG)[];
  };
}

/** An error of the source's, by its code. */
export interface FaultCode {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Commands, each with its arguments and what it answers. */
export interface Commands {
  /** Contents are patterns (see patternBytes) of a size and a seed. */
  addFile(path: string, size: number, seed: number, options?: MemoryFileOptions): void;
  /** Several at once, each lazy with seed 1 and the size given. */
  addFiles(paths: readonly string[], size: number): void;
  addBytes(path: string, text: string, options?: MemoryFileOptions): void;
  addDirectory(path: string, options?: MemoryNodeOptions): void;
  addAlias(path: string, of: string): void;
  /** Makes a control file, or changes what its next opening shows. */
  writeControlFile(path: string, text: string): void;
  remove(path: string): void;
  update(path: string, size: number, seed: number, options?: { present?: boolean }): void;
  setGate(path: string, gate: "open" | "held" | FaultCode): void;
  arrive(path: string, blocks: readonly number[]): void;
  damage(path: string, bytes: number): void;
  /** Takes blocks away, as eviction does. @returns how many went: those that are held stay */
  evict(path: string, blocks: readonly number[]): number;
  /** Somebody relies on the file staying whole. */
  isKept(path: string): boolean;
  /** `hang`: it never answers; null: it works again. */
  setFault(operation: FaultyOperation, path: string, fault: FaultCode | "hang" | null): void;
  setSpace(space: SpaceFigures): void;
  wants(path: string): readonly WantRecord[];
  presentBlocks(path: string): readonly number[];
  openContents(path: string): number;
  /** Where the newest version's bytes lie. */
  contentPath(path: string): string;
  handleCount(): number;
  /** Lines of the log so far that say why a request failed. */
  failures(): readonly LogLine[];
  /** Lines of the log so far with the event. */
  logged(event: string): readonly LogLine[];
  unmount(options?: UnmountOptions): Promise<void>;
  /** True once the session has ended. */
  hasEnded(): boolean;
  /** What the native binding's channel has done, and why the kernel does not read files itself. */
  channel(): { readonly counters: ChannelCounters; readonly passthroughRefusal: string | undefined };
  /** What descriptors a command run by the serving process inherits, as "ls -l /proc/self/fd" lists them. */
  descriptorsOfCommand(): Promise<string>;
  /** Delays of the event loop since the last question, ms. */
  loopDelay(): { readonly p99: number; readonly p999: number; readonly max: number };
}
export type CommandName = keyof Commands;

/** Messages between the two processes. */
export interface Question {
  readonly id: number;
  readonly command: CommandName;
  readonly args: readonly unknown[];
}
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: FaultCode };
export type Begun = { readonly ready: true } | { readonly error: FaultCode };
