/** Paths of keys, "mount.roots[0].path": reading, setting and writing them. Pure; knows no key by name. */

/** What a file says before it is checked. */
export type Raw = Record<string, unknown>;

/** "mount.roots[0].path" from its parts. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (done, part) =>
      typeof part === "number" ? `${done}[${part}]` : done === "" ? String(part) : `${done}.${String(part)}`,
    "",
  );
}

/** The value at a path, or undefined where the path ends early. */
export function getAt(value: unknown, path: string): unknown {
  return path
    .split(/\.|\[|\]\.?/)
    .filter((part) => part !== "")
    .reduce<unknown>(
      (at, part) =>
        typeof at === "object" && at !== null && Object.hasOwn(at, part) ? (at as Raw)[part] : undefined,
      value,
    );
}

/** Sets the value at a path of names, making the maps on the way. */
export function setAt(raw: Raw, path: string, value: unknown): void {
  const parts = path.split(".");
  const last = parts.pop() ?? "";
  let at = raw;
  for (const part of parts) {
    const child = at[part];
    const next: Raw =
      typeof child === "object" && child !== null && !Array.isArray(child) ? (child as Raw) : {};
    at[part] = next;
    at = next;
  }
  at[last] = value;
}
