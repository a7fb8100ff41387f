/** Times as messages carry them. Pure. */
import type { Duration } from "../../proto/gen/google/protobuf/Duration.ts";
import type { Timestamp } from "../../proto/gen/google/protobuf/Timestamp.ts";

/** A moment, from milliseconds since the epoch. */
export function wireTimestamp(ms: number): Timestamp {
  return { seconds: Math.floor(ms / 1000), nanos: Math.floor((ms % 1000) * 1e6) };
}

/** A length of time, from milliseconds; never negative. */
export function wireDuration(ms: number): Duration {
  const whole = Math.max(0, ms);
  return { seconds: Math.floor(whole / 1000), nanos: Math.floor((whole % 1000) * 1e6) };
}
