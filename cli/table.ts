/** Rows as people read them. Pure. */

/** Columns as wide as their widest cell, two spaces between them. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** How long ago, in one unit. @param thenMs may lie ahead: clocks differ */
export function ago(thenMs: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - thenMs) / 1000);
  if (seconds < 5) return "just now";
  const units = [
    ["s", 1],
    ["min", 60],
    ["h", 3600],
    ["days", 86_400],
  ] as const;
  const [name, each] = [...units].reverse().find(([, long]) => seconds >= 2 * long) ?? units[0];
  return `${Math.floor(seconds / each)} ${name} ago`;
}

/** The day of a moment, as 2026-11-20; "-" for none. */
export function day(ms: number): string {
  return ms <= 0 ? "-" : new Date(ms).toISOString().slice(0, 10);
}
