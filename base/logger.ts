/**
 * JSON lines on stderr or in a file, through pino. Fixed event names as the message, facts as fields. URLs are logged
 * without their query and user info: use `loggableUrl`.
 */
import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** What the rest of p2pfs may do with a log. `child` adds fixed fields. */
export interface Logger {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
  child(fields: Record<string, unknown>): Logger;
}

/** Names of fields that never reach a log line, at any depth of two. */
const SECRET_FIELDS = [
  "authorization",
  "Authorization",
  "cookie",
  "Cookie",
  "password",
  "token",
  "accessKeySecret",
  "securityToken",
  "sessionToken",
  "secret",
];

/**
 * @param destination defaults to stderr (descriptor 2).
 */
export function createLogger(options: {
  level: LogLevel;
  destination?: DestinationStream;
  fields?: object;
}): Logger {
  const logger: PinoLogger = pino(
    {
      level: options.level,
      base: { ...options.fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      messageKey: "event",
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: "[secret]" },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
  return logger;
}

/** A log that keeps nothing, for tests and tools. */
export const silentLogger: Logger = createLogger({ level: "silent" });

export { loggableUrl } from "./loggable-url.ts";
