/** The two files of the system that say how names become addresses: /etc/hosts and /etc/resolv.conf. Pure parsers, no I/O. */
import { isIP } from "node:net";

/** Name, lower case → its addresses, in the order of the file (hosts(5)). */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const addresses = found.get(key);
      if (addresses === undefined) found.set(key, [address]);
      else if (!addresses.includes(address)) addresses.push(address);
    }
  }
  return found;
}

/** How names without a final dot are completed (resolv.conf(5)). */
export interface SearchRules {
  readonly domains: readonly string[];
  /** Names with at least so many dots are tried as they are first. */
  readonly dotsMin: number;
}

/** Domains and dots that glibc accepts at most. */
const SEARCH_DOMAINS_MAX = 32;
const DOTS_MAX = 15;

export function parseSearchRules(text: string): SearchRules {
  let domains: string[] = [];
  let dotsMin = 1;
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line
      .replace(/[#;].*/, "")
      .trim()
      .split(/\s+/);
    // The last of several search or domain lines counts.
    if (keyword === "search") domains = values;
    else if (keyword === "domain") domains = values.slice(0, 1);
    else if (keyword === "options") {
      const dots = values.find((value) => /^ndots:\d+$/.test(value));
      if (dots !== undefined) dotsMin = Math.min(DOTS_MAX, Number(dots.slice("ndots:".length)));
    }
  }
  const usable = domains.map((domain) => domain.replace(/\.$/, "")).filter((domain) => domain !== "");
  return { domains: usable.slice(0, SEARCH_DOMAINS_MAX), dotsMin };
}

/** The full names to ask for, in order, as glibc's resolver does. */
export function candidatesOf(name: string, rules: SearchRules): readonly string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const completed = rules.domains.map((domain) => `${name}.${domain}`);
  const dots = name.split(".").length - 1;
  return dots >= rules.dotsMin ? [name, ...completed] : [...completed, name];
}
