/**
 * Where redirects lead and how long that is remembered. What a redirect's target answers is not its business; whoever finds that it
 * no longer serves says so with `forget`.
 */
import type { Clock } from "../../../base/clock.ts";
import { UnavailableError } from "../../../base/errors.ts";
import { REDIRECTS_KEPT_MAX } from "../../../base/limits.ts";
import { loggableUrl } from "../../../base/logger.ts";
import { type AnswerHead, publicHeaders } from "./failure.ts";

/** Where a request goes now. */
export interface Whereabouts {
  readonly url: URL;
  /** True once a redirect led to another origin, also when a later one led back: the user's credentials are no longer sent. */
  readonly strayed: boolean;
}

const PERMANENT = new Set([301, 308]);
const TEMPORARY = new Set([302, 303, 307]);

/** Whether the answer sends us elsewhere, and for how long that holds. */
export function redirectKind(head: AnswerHead): "permanent" | "temporary" | undefined {
  if (head.headers.location === undefined) return undefined;
  if (PERMANENT.has(head.statusCode)) return "permanent";
  return TEMPORARY.has(head.statusCode) ? "temporary" : undefined;
}

/**
 * The place a redirect names. As with curl, a redirect from https to http is followed; but one that was asked with anything that may
 * be a credential is refused, since whoever sends it may be after just that.
 * @throws UnavailableError SOURCE_REFUSED when it names no http(s) URL, or leads from https to http with credentials
 */
export function redirected(from: Whereabouts, head: AnswerHead, credentials: boolean): Whereabouts {
  const refuse = (why: string) =>
    new UnavailableError(
      `${loggableUrl(from.url.href)} ${why}`,
      { origin: { statusCode: head.statusCode, headers: publicHeaders(head.headers) } },
      "SOURCE_REFUSED",
    );
  const location = utf8(head.headers.location ?? "");
  if (!URL.canParse(location, from.url.href)) throw refuse("redirects to something that is no URL");
  const url = new URL(location, from.url);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw refuse("redirects away from http and https");
  if (credentials && from.url.protocol === "https:" && url.protocol === "http:")
    throw refuse("redirects from https to http although credentials were sent");
  // Credentials are the user's to give, not the server's; a fragment never reaches a server.
  url.username = "";
  url.password = "";
  url.hash = "";
  return { url, strayed: from.strayed || url.origin !== from.url.origin };
}

/** Header values come as latin1; servers that put unescaped names into Location mean UTF-8. */
function utf8(value: string): string {
  const bytes = Buffer.from(value, "latin1");
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : value;
}

interface Kept extends Whereabouts {
  readonly kind: "permanent" | "temporary";
  /** Monotonic ms; Infinity for permanent ones. */
  readonly untilMs: number;
}

export interface RedirectCacheOptions {
  readonly clock: Clock;
  /** Whether temporary redirects are kept (backend.enableCacheTemporaryRedirect). */
  readonly keepTemporary: boolean;
  /** For how long (backend.cacheTemporaryRedirectTTL). */
  readonly temporaryMs: number;
}

export class RedirectCache {
  readonly #options: RedirectCacheOptions;
  /** In order of last use: the first is forgotten first. */
  readonly #kept = new Map<string, Kept>();

  constructor(options: RedirectCacheOptions) {
    this.#options = options;
  }

  /** @param temporary whether a target that was meant for once will do */
  find(key: string, temporary: boolean): Whereabouts | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined || (kept.kind === "temporary" && !temporary)) return undefined;
    this.#kept.delete(key);
    if (kept.untilMs <= this.#options.clock.monotonicMs()) return undefined;
    this.#kept.set(key, kept);
    return kept;
  }

  keep(key: string, where: Whereabouts, kind: "permanent" | "temporary"): void {
    const { clock, keepTemporary, temporaryMs } = this.#options;
    if (kind === "temporary" && !keepTemporary) return;
    const untilMs = kind === "permanent" ? Number.POSITIVE_INFINITY : clock.monotonicMs() + temporaryMs;
    this.#kept.delete(key);
    this.#kept.set(key, { url: where.url, strayed: where.strayed, kind, untilMs });
    if (this.#kept.size <= REDIRECTS_KEPT_MAX) return;
    const oldest = this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  forget(key: string): void {
    this.#kept.delete(key);
  }
}
