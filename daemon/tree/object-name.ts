/**
 * Names below /oss/BUCKET and /s3/BUCKET: one path component of the mount to a part of a key, and back. In a name `%2F`,
 * `%25` and `%40` are `/`, `%` and `@` of the key; every other character, a lone `%` too, stands for itself. Pure.
 */
import { withoutFileMark } from "./url-name.ts";

const OF_THE_KEY: Readonly<Record<string, string>> = { "%2F": "/", "%25": "%", "%40": "@" };

/** The part of a key that a name stands for; slashes in it are the key's. */
export function keyTextOfName(name: string): string {
  if (!name.includes("%")) return name;
  return name.replace(/%(?:2F|25|40)/gi, (code) => OF_THE_KEY[code.toUpperCase()] ?? code);
}

/** The name of a part of a key. `keyTextOfName` gives the part back, exactly. */
export function nameOfKeyText(text: string): string {
  const isPlain = !text.includes("%") && !text.includes("/");
  return withoutFileMark(isPlain ? text : text.replace(/%(?=2F|25|40)|\//gi, encodeURIComponent));
}
