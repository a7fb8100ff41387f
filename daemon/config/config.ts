/**
 * Turns the text of a dfdaemon.yaml, environment variables and flags into one frozen Config: parse, validate, freeze.
 * Pure: reads no file and no process state. Flags win over the environment, that over the file, that over defaults.
 */
import { createHash } from "node:crypto";
import { parse as parseYaml, stringify } from "yaml";
import { CONFIG_PROBLEMS_SHOWN_MAX } from "../../base/limits.ts";
import { formatByteSize } from "./byte-size.ts";
import { type ConfigFile, canonical, invalid, parseFile } from "./config-file.ts";
import { formatDuration } from "./duration.ts";
import { hasEffect } from "./effect.ts";
import { formatPath, getAt, type Raw, setAt } from "./key-path.ts";
import { leafFacts } from "./leaf.ts";
import { type ConfigValues, configSchema } from "./schema.ts";
import { mapLeaves, type SchemaKey, schemaKeys, unknownKeys } from "./schema-walk.ts";
import { fillRoots } from "./vendor-credentials.ts";
import type { WorkhomePaths } from "./workhome.ts";

type Values = ConfigValues;

/** The daemon's configuration. Durations are milliseconds, sizes bytes, paths absolute. Holds secrets: see `showConfig`. */
export interface Config extends Omit<Values, "download" | "storage"> {
  readonly download: Values["download"] & { readonly server: { readonly socketPath: string } };
  readonly storage: Values["storage"] & { readonly dir: string };
}

export interface ConfigInput {
  /** The file's text and the name it goes by in messages; undefined: no file, all defaults. */
  readonly file?: ConfigFile | undefined;
  /** `DFDAEMON_` and the key's path in capitals (DFDAEMON_GC_INTERVAL), and the vendors' variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Key path → value as in the file: `{ "log.level": "debug" }`. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly workhome: WorkhomePaths;
}

export interface LoadedConfig {
  readonly config: Config;
  /** One sentence for each key that is unknown or has no effect in this version. */
  readonly warnings: readonly string[];
  /** SHA-256 of what the file alone says: equal for two files that differ only in order, comments and layout. */
  readonly digest: string;
  /** Paths of the keys that file, environment or flags set. */
  readonly isSet: (path: string) => boolean;
}

/**
 * @throws InvalidInputError INVALID_CONFIG: one sentence for each wrong key, with its path and what is expected
 */
export function loadConfig(input: ConfigInput): LoadedConfig {
  const raw = input.file === undefined ? {} : parseFile(input.file);
  const digest = createHash("sha256").update(canonical(raw)).digest("hex");
  const where = input.file?.path ?? "the configuration";
  const keys = [...schemaKeys(configSchema)];
  const unknown = [...unknownKeys(configSchema, raw)];
  for (const { path, leaf } of keys) {
    const value = input.environment[environmentName(path)];
    if (value === undefined || path.includes("[]")) continue;
    setAt(raw, path, leafFacts.get(leaf as LeafKey)?.text ? value : scalar(value));
  }
  for (const [path, value] of Object.entries(input.flags ?? {})) setAt(raw, path, value);
  const values = validate(raw, where);
  const config = freeze({
    ...values,
    download: withDefault(values.download, "server", { socketPath: input.workhome.socketPath }),
    storage: { ...values.storage, dir: values.storage.dir ?? input.workhome.storageDir },
    mount: { ...values.mount, roots: fillRoots(values.mount.roots, input.environment) },
  }) as Config;
  return {
    config,
    warnings: [
      ...unknown.map((path) => `${where}: ${path} is not a key that p2pfs knows; it is ignored.`),
      ...withoutEffect(keys, raw, values).map((path) => `${where}: ${path} has no effect in this version.`),
    ],
    digest,
    isSet: (path) => getAt(raw, path) !== undefined,
  };
}

/** A variable's text as the file would be read; what is no YAML is a text, and its key says what it expects. */
function scalar(value: string): unknown {
  try {
    return parseYaml(value);
  } catch {
    return value;
  }
}

type LeafKey = Parameters<typeof leafFacts.get>[0];

/** The configuration as YAML for people: durations and sizes as they are written, secrets left out. */
export function showConfig(config: Config): string {
  const shown = mapLeaves(configSchema, config, (value, facts) => {
    if (facts?.secret) return "[secret]";
    if (typeof value !== "number") return value;
    if (facts?.unit === "ms") return formatDuration(value);
    if (facts?.unit === "bytes") return formatByteSize(value);
    return facts?.unit === "mode" ? value.toString(8).padStart(4, "0") : value;
  });
  return stringify(shown);
}

/** Name of the environment variable that sets the key: "gc.policy.taskTTL" is DFDAEMON_GC_POLICY_TASK_TTL. */
export function environmentName(path: string): string {
  const words = path
    .replaceAll("IPv6", "Ipv6")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(".", "_");
  return `DFDAEMON_${words.toUpperCase()}`;
}

function validate(raw: Raw, where: string): Values {
  const result = configSchema.safeParse(raw);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => {
      const path = formatPath(issue.path);
      return `${path} must be ${expectedWords(issue)}${found(raw, issue.path)}.`;
    });
    throw invalid(inSentences(problems, where));
  }
  const problems = crossProblems(result.data);
  if (problems.length > 0) throw invalid(inSentences(problems, where));
  return result.data;
}

/** What no key can check alone. */
function crossProblems({ gc, mount, download }: Values): string[] {
  const problems: string[] = [];
  if (download.protocol !== "tcp")
    problems.push("download.protocol must be tcp: pieces are fetched and served over TCP alone.");
  if (gc.policy.diskLowThresholdPercent >= gc.policy.diskHighThresholdPercent)
    problems.push("gc.policy.diskLowThresholdPercent must be below gc.policy.diskHighThresholdPercent.");
  const seen = new Set<string>();
  for (const [index, { path }] of mount.roots.entries()) {
    if (!/^(https?|oss|s3)(\/[^/]+)*$/.test(path))
      problems.push(
        `mount.roots[${index}].path must be http, https, oss or s3, alone or followed by /HOST or /BUCKET, not ${JSON.stringify(path)}.`,
      );
    if (seen.has(path)) problems.push(`mount.roots[${index}].path must differ from the other roots'.`);
    seen.add(path);
  }
  return problems;
}

interface Issue {
  readonly code?: string | undefined;
  readonly message: string;
  readonly expected?: unknown;
}

/** Every key that holds a path of this machine, with its value, the defaults too. */
export function configuredPaths(config: Config): { readonly key: string; readonly path: string }[] {
  return [...schemaKeys(configSchema)].flatMap(({ path: key, leaf }) => {
    const path = getAt(config, key);
    return leafFacts.get(leaf as LeafKey)?.path === true && typeof path === "string" ? [{ key, path }] : [];
  });
}

/** Our leaves put into the message what they expect; the rest is zod's own objects and arrays. */
function expectedWords(issue: Issue): string {
  if (issue.code === "invalid_type") return issue.expected === "array" ? "a list" : "a map of keys";
  return issue.code === "too_big" ? "a shorter list" : issue.message;
}

/** Says what stands there instead, unless it could be a secret or is no scalar. */
function found(raw: Raw, path: readonly PropertyKey[]): string {
  const value = getAt(raw, formatPath(path));
  const name = [...schemaKeys(configSchema)].find(
    (key) => key.path === formatPath(path).replace(/\[\d+\]/g, "[]"),
  );
  const secret = name !== undefined && leafFacts.get(name.leaf as LeafKey)?.secret;
  if (value === undefined || typeof value === "object" || secret) return "";
  return `, not ${JSON.stringify(value).slice(0, 80)}`;
}

/** Keys that were set to something else than their default although nothing comes of it. */
function withoutEffect(keys: readonly SchemaKey[], raw: Raw, values: Values): string[] {
  const defaults: unknown = configSchema.parse({});
  const paths = keys.filter(({ path }) => !hasEffect(path)).map(({ path }) => path.replace(/\[\].*$/, ""));
  return [...new Set(paths)].filter(
    (path) =>
      getAt(raw, path) !== undefined &&
      JSON.stringify(getAt(values, path)) !== JSON.stringify(getAt(defaults, path)),
  );
}

function inSentences(problems: readonly string[], where: string): string {
  const shown = problems.slice(0, CONFIG_PROBLEMS_SHOWN_MAX).map((problem) => `${where}: ${problem}`);
  const rest = problems.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more keys are wrong.`] : [])].join("\n");
}

function withDefault<T extends object, K extends keyof T>(section: T, name: K, defaults: Partial<T[K]>): T {
  return { ...section, [name]: { ...defaults, ...section[name] } };
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const child of Object.values(value)) freeze(child);
    Object.freeze(value);
  }
  return value;
}
