/**
 * What a cluster forbids its peers to download or upload (the block lists of dragonflyoss/client, dynconfig/block_list.rs): read
 * from the configuration its manager or dynconfig file holds, and compared with requests. Pure.
 */
import { BLOCK_LIST_ENTRIES_MAX, BLOCK_LIST_REGEX_MAX, BLOCK_LIST_URL_MAX } from "../../base/limits.ts";

/** What a rule may match. Whatever matches one entry is blocked. */
export interface BlockRules {
  readonly applications: readonly string[];
  readonly urls: readonly RegExp[];
  readonly tags: readonly string[];
  /** Only of downloads. */
  readonly priorities: readonly number[];
}

/** Rules by kind of task. A kind that is not named is free. */
export interface BlockLists {
  readonly task?: { readonly download?: BlockRules };
  readonly persistentTask?: { readonly download?: BlockRules; readonly upload?: BlockRules };
  readonly persistentCacheTask?: { readonly download?: BlockRules; readonly upload?: BlockRules };
}

export const NO_BLOCK_LISTS: BlockLists = {};

/** What of a request is compared; what it does not say matches nothing. */
export interface BlockQuestion {
  readonly url?: string;
  readonly application?: string;
  readonly tag?: string;
  readonly priority?: number;
}

/** Lists, and one sentence for each entry that could not be understood and is passed over. */
export interface ReadBlockLists {
  readonly lists: BlockLists;
  readonly problems: readonly string[];
}

/** Whether the rules name the request. */
export function isBlocked(rules: BlockRules | undefined, question: BlockQuestion): boolean {
  if (rules === undefined) return false;
  const { url, application, tag, priority } = question;
  const shortUrl = url?.slice(0, BLOCK_LIST_URL_MAX);
  return (
    (shortUrl !== undefined && rules.urls.some((expression) => expression.test(shortUrl))) ||
    (application !== undefined && rules.applications.includes(application)) ||
    (tag !== undefined && rules.tags.includes(tag)) ||
    (priority !== undefined && rules.priorities.includes(priority))
  );
}

/**
 * Reads the lists of a cluster's client configuration.
 * @param config the value of `client_config` or `seed_client_config`, parsed; names may be in either spelling
 */
export function readBlockLists(config: unknown): ReadBlockLists {
  const problems: string[] = [];
  const blockList = part(config, "block_list", "blockList");
  const rules = (kind: unknown, name: string): { readonly [key: string]: BlockRules } => {
    const found = part(kind, name, name);
    return isObject(found) ? { [name]: readRules(found, problems) } : {};
  };
  const of = (name: string, alias: string, directions: readonly string[]) => {
    const kind = part(blockList, name, alias);
    if (!isObject(kind)) return {};
    return { [alias]: Object.assign({}, ...directions.map((direction) => rules(kind, direction))) as object };
  };
  const lists: BlockLists = {
    ...of("task", "task", ["download"]),
    ...of("persistent_task", "persistentTask", ["download", "upload"]),
    ...of("persistent_cache_task", "persistentCacheTask", ["download", "upload"]),
  };
  return { lists, problems };
}

function readRules(rules: object, problems: string[]): BlockRules {
  const list = (name: string): readonly unknown[] => {
    const found = part(rules, name, name);
    return Array.isArray(found) ? found.slice(0, BLOCK_LIST_ENTRIES_MAX) : [];
  };
  const texts = (name: string) => list(name).filter((entry) => typeof entry === "string");
  return {
    applications: texts("applications"),
    tags: texts("tags"),
    priorities: list("priorities").filter((entry) => typeof entry === "number"),
    urls: texts("urls").flatMap((source) => {
      const expression = compile(source);
      if (expression === undefined)
        problems.push(
          `the block list's ${JSON.stringify(source.slice(0, 100))} is no regular expression known here`,
        );
      return expression ?? [];
    }),
  };
}

/** Dragonfly's expressions are those of Rust's regex crate; flags at the beginning are the one common thing written otherwise. */
function compile(source: string): RegExp | undefined {
  if (source.length > BLOCK_LIST_REGEX_MAX) return undefined;
  const [, flags = "", rest = source] = /^\(\?([ims]+)\)(.*)$/s.exec(source) ?? [];
  try {
    return new RegExp(rest, flags);
  } catch {
    // The caller says so.
    return undefined;
  }
}

function part(value: unknown, name: string, alias: string): unknown {
  if (!isObject(value)) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  return fields[name] ?? fields[alias];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
