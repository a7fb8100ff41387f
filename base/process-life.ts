/** Whether a process of this machine still lives, told from /proc where there is one. Signals nobody. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";

/**
 * Names a living process unlike any other, also one that gets its number later; undefined when it has ended, even if
 * nobody has asked for its status yet.
 */
export async function livingProcess(pid: number): Promise<string | undefined> {
  if (!existsSync("/proc/self/stat")) return mayBeSignalled(pid) ? String(pid) : undefined;
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // proc_pid_stat(5): the name, in parentheses, may hold blanks; the state follows it, starttime is the 22nd field.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ") ?? [];
  const [state, started] = [fields[0], fields[19]];
  return state === undefined || /^[ZX]/.test(state) ? undefined : `${pid}:${started}`;
}

function mayBeSignalled(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
