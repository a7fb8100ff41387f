/**
 * Tells programs that look at every file of a machine (indexers, thumbnailers) from those that want its bytes, by the
 * names of the asking process. Decides nothing about what they may do; filesystem.ts does. Linux only: elsewhere nobody
 * is a scanner.
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

/** Whether one of the names is on the list; a name longer than the kernel keeps matches by what is kept of it. */
export function isScannerNamed(scanners: ReadonlySet<string>, { comm, program }: ProcessNames): boolean {
  if (scanners.has(comm) || (program !== undefined && scanners.has(program))) return true;
  if (Buffer.byteLength(comm) < COMM_BYTES) return false;
  return [...scanners].some((name) => Buffer.from(name).subarray(0, COMM_BYTES).toString() === comm);
}

/** The guard of a mount. Keeps nothing open. */
export class ScannerGuard {
  readonly #scanners: ReadonlySet<string>;
  readonly #procDirectory: string;
  readonly #max: number;
  /** Verdicts by process, the oldest first. Whoever executes another program has another name. */
  readonly #known = new Map<string, boolean>();

  /**
   * @param scanners names of programs; none: nobody is a scanner
   * @param procDirectory for tests; default /proc
   */
  constructor(
    scanners: readonly string[],
    procDirectory = "/proc",
    processesMax: number = SCANNER_PROCESSES_MAX,
  ) {
    this.#scanners = new Set(scanners);
    this.#procDirectory = procDirectory;
    this.#max = processesMax;
  }

  /** Processes remembered. */
  get knownCount(): number {
    return this.#known.size;
  }

  /** Whether it is worth asking about a process at all. */
  guards(pid: number | undefined): boolean {
    return pid !== undefined && pid > 0 && this.#scanners.size > 0;
  }

  /** @param pid thread that asks, as the kernel tells it; 0, of another pid namespace or of the kernel itself, is nobody. Never fails. */
  async isScanner(pid: number): Promise<boolean> {
    if (!this.guards(pid)) return false;
    const directory = `${this.#procDirectory}/${pid}`;
    // One small text that the kernel makes without waiting for the process; it has both the name and the start time.
    const text = await readFile(`${directory}/stat`, "utf8").catch(() => "");
    const identity = identityOf(text);
    if (identity === undefined) return false;
    const key = `${pid}:${identity.startedAt}:${identity.comm}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // Of another user's process root alone is told; then the name must do.
    const program = await readlink(`${directory}/exe`).catch(() => undefined);
    const names = { comm: identity.comm, program: program && basename(program.replace(/ \(deleted\)$/, "")) };
    const verdict = isScannerNamed(this.#scanners, names);
    this.#remember(key, verdict);
    return verdict;
  }

  #remember(key: string, verdict: boolean): void {
    this.#known.set(key, verdict);
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
