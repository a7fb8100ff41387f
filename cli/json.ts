/** Messages as programs read them: JSON whose moments are texts of ISO 8601, as 2026-11-20T12:00:00.000Z. Pure. */

export function jsonText(message: object): string {
  return `${JSON.stringify(message, (_key, value) => (isMoment(value) ? isoOf(value) : value), 2)}\n`;
}

interface Moment {
  readonly seconds: number;
  readonly nanos: number;
}

function isMoment(value: unknown): value is Moment {
  if (typeof value !== "object" || value === null) return false;
  return Object.keys(value).sort().join() === "nanos,seconds";
}

function isoOf({ seconds, nanos }: Moment): string {
  return new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString();
}
