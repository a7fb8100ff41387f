/** Making folders without Node's own recursive mkdir, which never returns where the kernel says ENOENT for good. */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing. Below a symbolic link to a volume that is not mounted, and in /proc,
 * it fails at once.
 * @param mode of what is made, less the umask
 * @returns the first folder that had to be made; undefined when all were there
 * @throws what the disk says, as Node words it; EEXIST when something else has the name
 */
export async function makeFolder(path: string, mode = 0o700): Promise<string | undefined> {
  const at = await tryFolder(path, mode);
  if (at === "made") return path;
  if (at === "there") return undefined;
  if (dirname(path) === path) throw at;
  const above = await makeFolder(dirname(path), mode);
  const again = await tryFolder(path, mode);
  if (typeof again !== "string") throw again;
  return above ?? (again === "made" ? path : undefined);
}

/** @returns the error when something above the path is missing */
async function tryFolder(path: string, mode: number): Promise<"made" | "there" | Error> {
  try {
    await mkdir(path, { mode });
    return "made";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return error as Error;
    if (code !== "EEXIST" || !(await stat(path)).isDirectory()) throw error;
    return "there";
  }
}
