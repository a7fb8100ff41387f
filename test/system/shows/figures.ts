/** What a show measured, as names and values to print, and the units they are printed in. */

/** Name → value, in the order they are printed. */
export type Figures = Readonly<Record<string, string>>;

const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

/** "12.3 MiB", with the unit that fits. */
export function formatBytes(bytes: number): string {
  if (bytes < KIB) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  if (bytes < MIB) return `${(bytes / KIB).toFixed(1)} KiB`;
  return bytes < GIB ? `${(bytes / MIB).toFixed(1)} MiB` : `${(bytes / GIB).toFixed(2)} GiB`;
}

/** "12.3 ms" or "4.56 s". */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 2 : 1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** The value below which the given part (0 to 1) of the values lies; NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
