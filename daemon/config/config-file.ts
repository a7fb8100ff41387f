/**
 * The text of a dfdaemon.yaml as plain values: YAML, old spellings of keys, keys with nothing behind them. Checks no
 * key; config.ts does.
 */
import { type Document, parseDocument } from "yaml";
import { InvalidInputError } from "../../base/errors.ts";
import { CONFIG_ALIASES_MAX, CONFIG_BYTES_MAX } from "../../base/limits.ts";
import { getAt, type Raw } from "./key-path.ts";
import { KEY_ALIASES } from "./schema.ts";

/** A config file's text and the name it goes by in messages. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** @throws InvalidInputError INVALID_CONFIG, naming file and line */
export function parseFile(file: ConfigFile): Raw {
  if (Buffer.byteLength(file.text) > CONFIG_BYTES_MAX)
    throw invalid(`${file.path} is larger than a config file may be, ${CONFIG_BYTES_MAX} bytes.`);
  const document = parseDocument(file.text, { prettyErrors: false, logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = file.text.slice(0, error.pos[0]).split("\n").length;
    throw invalid(`${file.path}, line ${line}: not valid YAML, ${error.message.replace(/\.$/, "")}.`);
  }
  const raw = valuesOf(document, file.path);
  if (raw === null || raw === undefined) return {};
  if (typeof raw !== "object" || Array.isArray(raw))
    throw invalid(`${file.path} must be a map of keys at its top.`);
  return withoutAliases(withoutNulls(raw) as Raw);
}

function valuesOf(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: CONFIG_ALIASES_MAX });
  } catch (cause) {
    // yaml counts how often aliases multiply, and throws an error of its own.
    throw invalid(`${path}: not valid YAML, its aliases stand for too much.`, cause);
  }
}

/** A key with nothing behind it means what its absence means. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]) => (child === null ? [] : [[name, withoutNulls(child)]])),
  );
}

function withoutAliases(raw: Raw): Raw {
  for (const [path, aliases] of Object.entries(KEY_ALIASES)) {
    const section = getAt(raw, path);
    if (typeof section !== "object" || section === null) continue;
    const fields = section as Raw;
    for (const [alias, key] of Object.entries(aliases)) {
      if (!(alias in fields)) continue;
      fields[key] ??= fields[alias];
      delete fields[alias];
    }
  }
  return raw;
}

/** One text for equal values, whatever the order of their keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, child]) => `${JSON.stringify(name)}:${canonical(child)}`).join(",")}}`;
}

/** The error of a wrong config, in one sentence or several. */
export function invalid(message: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(message, { cause }, "INVALID_CONFIG");
}
