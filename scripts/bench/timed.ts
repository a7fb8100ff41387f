/** Runs a program and tells its wall and processor time, by bash's own `time`. */
import { UnavailableError } from "../../base/errors.ts";
import { run } from "../../test/system/processes.ts";

export interface Timed {
  readonly seconds: number;
  /** User and system time of the program and what it waited for, seconds. */
  readonly cpuSeconds: number;
}

const RUN_MS = 900_000;

/** @throws UnavailableError when the program fails */
export async function timed(words: readonly string[], netns: string | undefined): Promise<Timed> {
  const script = 'TIMEFORMAT="timed %R %U %S"; time "$@" >/dev/null';
  const { code, stderr } = await run(["bash", "-c", script, "bash", ...words], { netns, timeoutMs: RUN_MS });
  const match = /timed ([\d.]+) ([\d.]+) ([\d.]+)/.exec(stderr);
  if (code !== 0 || match === null) throw new UnavailableError(`${words.join(" ")} failed: ${stderr}`);
  const [, seconds, user, system] = match.map(Number);
  return { seconds: seconds ?? 0, cpuSeconds: (user ?? 0) + (system ?? 0) };
}
