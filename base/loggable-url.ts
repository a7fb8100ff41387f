/** URLs as they may be shown: without what may be secret in them. */

/** The URL without user info, query and fragment, which may hold secrets; what is no URL is cut the same way. */
export function loggableUrl(url: string): string {
  const end = url.search(/[?#]/);
  const bare = end === -1 ? url : url.slice(0, end);
  return bare.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1");
}
