/** What a name in a directory may be, and how a path is shown in a log. */
import { NAME_BYTES_MAX } from "../base/limits.ts";

/** True for names that can be looked up: not empty, not "." or "..", without "/" and NUL, not longer than NAME_BYTES_MAX. */
export function isName(name: string): boolean {
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) return false;
  return name.length * 3 <= NAME_BYTES_MAX || Buffer.byteLength(name) <= NAME_BYTES_MAX;
}

/** The path without what follows an encoded "?" in a name: queries of signed URLs are secrets. */
export function loggablePath(path: string): string {
  return path
    .split("/")
    .map((name) => {
      const query = name.search(/%3f|\?/i);
      return query === -1 ? name : `${name.slice(0, query)}?…`;
    })
    .join("/");
}
