/**
 * Tells programs that look at every file of a machine (indexers, thumbnailers), and those that want no more than its
 * beginning, from those that want its bytes, by the names of the asking process. Linux only: elsewhere nobody is known.
 */
import { readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";
import { SCANNER_PROCESSES_MAX } from "../base/limits.ts";

/** The kernel keeps so many bytes of a thread's name (TASK_COMM_LEN less its final zero). */
const COMM_BYTES = 15;

/** What a process is called. */
export interface ProcessNames {
  /** As the kernel has it: cut to 15 bytes, and a script's own name. */
  readonly comm: string;
  /** Name of the program's file; undefined where it may not be seen. */
  readonly program: string | undefined;
}

/** The programs that are guarded against: names of program files, or of threads as the kernel has them. */
export interface GuardedPrograms {
  /** Nothing is fetched for them: they open what is here whole. */
  readonly scanners: readonly string[];
  /** Of what they open, the first block alone is fetched. */
  readonly headerReaders: readonly string[];
}

/** What a program gets. */
export type Access = "all" | "header" | "nothing";

/** Whether one of the names is on the list; a name longer than the kernel keeps matches by what is kept of it. */
export function isNamed(list: readonly string[], { comm, program }: ProcessNames): boolean {
  if (list.includes(comm) || (program !== undefined && list.includes(program))) return true;
  if (Buffer.byteLength(comm) < COMM_BYTES) return false;
  return list.some((name) => Buffer.from(name).subarray(0, COMM_BYTES).toString() === comm);
}

/** The guard of a mount. Keeps nothing open. */
export class ScannerGuard {
  readonly #programs: GuardedPrograms;
  readonly #procDirectory: string;
  readonly #max: number;
  /** Verdicts by process, the oldest first. Whoever executes another program has another name. */
  readonly #known = new Map<string, Access>();

  /**
   * @param programs empty lists guard nothing
   * @param procDirectory for tests; default /proc
   */
  constructor(
    programs: GuardedPrograms,
    procDirectory = "/proc",
    processesMax: number = SCANNER_PROCESSES_MAX,
  ) {
    this.#programs = programs;
    this.#procDirectory = procDirectory;
    this.#max = processesMax;
  }

  /** Processes remembered. */
  get knownCount(): number {
    return this.#known.size;
  }

  /** Whether it is worth asking about a process at all. */
  guards(pid: number | undefined): boolean {
    const { scanners, headerReaders } = this.#programs;
    return pid !== undefined && pid > 0 && scanners.length + headerReaders.length > 0;
  }

  /** @param pid thread that asks, as the kernel tells it; 0, of another pid namespace or of the kernel itself, is nobody. Never fails. */
  async accessOf(pid: number): Promise<Access> {
    if (!this.guards(pid)) return "all";
    const directory = `${this.#procDirectory}/${pid}`;
    // One small text that the kernel makes without waiting for the process; it has both the name and the start time.
    const text = await readFile(`${directory}/stat`, "utf8").catch(() => "");
    const identity = identityOf(text);
    if (identity === undefined) return "all";
    const key = `${pid}:${identity.startedAt}:${identity.comm}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // Of another user's process root alone is told; then the name must do.
    const program = await readlink(`${directory}/exe`).catch(() => undefined);
    const names = { comm: identity.comm, program: program && basename(program.replace(/ \(deleted\)$/, "")) };
    const access = this.#judge(names);
    this.#remember(key, access);
    return access;
  }

  #judge(names: ProcessNames): Access {
    if (isNamed(this.#programs.scanners, names)) return "nothing";
    return isNamed(this.#programs.headerReaders, names) ? "header" : "all";
  }

  #remember(key: string, access: Access): void {
    this.#known.set(key, access);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#max && oldest !== undefined) this.#known.delete(oldest);
  }
}

/** proc_pid_stat(5): "PID (NAME) STATE …"; the name may hold anything, starttime is the 22nd field. */
function identityOf(text: string): { comm: string; startedAt: string } | undefined {
  const [from, to] = [text.indexOf("("), text.lastIndexOf(")")];
  const startedAt = text.slice(to + 2).split(" ")[19];
  return from < 0 || to < from || startedAt === undefined
    ? undefined
    : { comm: text.slice(from + 1, to), startedAt };
}
