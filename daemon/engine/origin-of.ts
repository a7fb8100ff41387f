/** Which origin a URL belongs to: what shares a fate and a limit. Pure. */

/** Scheme, host and port; object stores: scheme and bucket. What shares a fate and a limit. */
export function originOf(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0].replace(/\/\/[^/@]*@/, "//") ?? url;
}
