/**
 * Durations as Dragonfly's config writes them (the humantime crate): "5m", "1h 30m", "200ms". Only the notation; what a
 * duration is for, and its bounds, are the key's own business.
 */

/** Unit → milliseconds. Months and years are humantime's averages. */
const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  M: 30.44 * 86_400_000,
  y: 365.25 * 86_400_000,
};

/** Long names → unit. `M` alone is case-sensitive, as in humantime. */
const UNIT_NAMES: Readonly<Record<string, string>> = {
  nsec: "ns",
  usec: "us",
  msec: "ms",
  millis: "ms",
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  min: "m",
  mins: "m",
  minute: "m",
  minutes: "m",
  hr: "h",
  hrs: "h",
  hour: "h",
  hours: "h",
  day: "d",
  days: "d",
  week: "w",
  weeks: "w",
  month: "M",
  months: "M",
  year: "y",
  years: "y",
};

/** Milliseconds of a duration, or undefined when the text is none. A number needs its unit, except 0. */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  if (!/^(\d+\s*[A-Za-z]+\s*)+$/.test(trimmed)) return undefined;
  let totalMs = 0;
  for (const [, count = "", name = ""] of trimmed.matchAll(/(\d+)\s*([A-Za-z]+)/g)) {
    const unitMs = UNIT_MS[UNIT_NAMES[name] ?? name];
    if (unitMs === undefined) return undefined;
    totalMs += Number(count) * unitMs;
  }
  return Number.isSafeInteger(Math.ceil(totalMs)) ? totalMs : undefined;
}

/** The shortest way of writing whole milliseconds that `parseDurationMs` reads back: one unit, the largest that fits. */
export function formatDuration(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((name) => ms !== 0 && ms % (UNIT_MS[name] ?? 1) === 0) ?? "ms";
  return `${ms / (UNIT_MS[unit] ?? 1)}${unit}`;
}
