/** Files of /proc and /etc as numbers (proc(5), os-release(5)). Pure: what does not look as expected is undefined. */

/** Processor time of the machine since its start, in ticks, from /proc/stat. */
export function parseProcessorTime(
  text: string | undefined,
): { readonly busy: number; readonly total: number } | undefined {
  const fields = /^cpu +([\d ]+)$/m
    .exec(text ?? "")?.[1]
    ?.split(" ")
    .map(Number);
  if (fields === undefined || fields.length < 4 || !fields.every(Number.isFinite)) return undefined;
  // user nice system idle iowait irq softirq steal; guests are counted in user and nice.
  const counted = fields.slice(0, 8);
  const total = counted.reduce((sum, each) => sum + each, 0);
  return { total, busy: total - (fields[3] ?? 0) - (fields[4] ?? 0) };
}

/** Processor time of the process, in ticks, from /proc/self/stat. */
export function parseOwnTime(text: string | undefined): number | undefined {
  // The program's name stands in parentheses and may hold anything; utime and stime are the 12th and 13th field after it.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const own = Number(fields?.[11]) + Number(fields?.[12]);
  return Number.isFinite(own) ? own : undefined;
}

/** Bytes of a line "NAME:   123 kB". */
export function parseKilobytes(text: string | undefined, name: string): number | undefined {
  const digits = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits) * 1024;
}

/** Processors and cores, from /proc/cpuinfo; processors where cores are not told. */
export function parseProcessors(
  text: string | undefined,
): { readonly logical: number; readonly cores: number } | undefined {
  const blocks = (text ?? "").split("\n\n").filter((block) => /^processor\s*:/m.test(block));
  if (blocks.length === 0) return undefined;
  const field = (block: string, name: string) => new RegExp(`^${name}\\s*: (\\d+)$`, "m").exec(block)?.[1];
  const cores = new Set(
    blocks.map((block, index) => {
      const core = field(block, "core id");
      return core === undefined ? `processor ${index}` : `${field(block, "physical id")} ${core}`;
    }),
  );
  return { logical: blocks.length, cores: cores.size };
}

/** VERSION_ID of /etc/os-release. */
export function parseVersion(text: string | undefined): string | undefined {
  return /^VERSION_ID="?([^"\n]*)"?$/m.exec(text ?? "")?.[1];
}

/** Bytes that went through a network device, from /proc/net/dev. */
export function parseNetworkBytes(
  text: string | undefined,
  device: string,
): { readonly received: number; readonly sent: number } | undefined {
  const line = text?.split("\n").find((each) => each.trimStart().startsWith(`${device}:`));
  const fields = line
    ?.slice(line.indexOf(":") + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  const [received, sent] = [fields?.[0], fields?.[8]];
  if (received === undefined || sent === undefined) return undefined;
  return Number.isFinite(received + sent) ? { received, sent } : undefined;
}
