/**
 * The storage's folder: its layout, and the marker file that says it is ours. A folder that holds something else is refused, so
 * that nobody's data is ever taken for garbage of ours.
 */
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidInputError, type P2pfsError } from "../../base/errors.ts";
import { makeFolder } from "../../base/folder.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { TaskKind } from "../task/task-record.ts";

const MARKER = "p2pfs-storage";
/** The marker's text; the number grows when older versions could not read what newer ones write. */
const MARKER_TEXT = "p2pfs storage, layout 1\n";
/** What mkfs leaves in a new filesystem. */
const NOT_DATA = new Set(["lost+found"]);

/** Folder of each kind, below content/, as Dragonfly names them. */
export const KIND_FOLDERS: Readonly<Record<TaskKind, string>> = {
  standard: "tasks",
  persistent: "persistent-tasks",
  "persistent-cache": "persistent-cache-tasks",
};

/** Paths below the storage's folder. */
export interface StoragePaths {
  readonly root: string;
  readonly content: string;
  readonly metadata: string;
  /** Nothing in it outlives the process. */
  readonly temporary: string;
  /** Room for the metadata on a full disk. */
  readonly reserve: string;
}

export function pathsOf(root: string): StoragePaths {
  return {
    root,
    content: join(root, "content"),
    metadata: join(root, "metadata"),
    temporary: join(root, "tmp"),
    reserve: join(root, "reserve"),
  };
}

/** Folder of a task's two files. */
export function taskFolder(paths: StoragePaths, kind: TaskKind, id: string): string {
  return join(paths.content, KIND_FOLDERS[kind], id.slice(0, 3));
}

/** Name of the bitmap file that lies beside a content file. No id ends so: ids have no dots. */
export function bitsPathOf(contentPath: string): string {
  return `${contentPath}.bits`;
}

/** The id of the task whose content or bitmap file bears the name. */
export function idOfFile(name: string): string {
  return name.endsWith(".bits") ? name.slice(0, -5) : name;
}

/**
 * Makes the folder, or checks that it is ours, and makes the folders in it (0700).
 * @throws InvalidInputError INVALID_CONFIG when it holds something else or is no folder; P2pfsError when it cannot be used
 */
export async function prepareFolder(root: string): Promise<StoragePaths> {
  const paths = pathsOf(root);
  try {
    await makeFolder(root);
    await claim(root);
    for (const folder of [paths.content, paths.metadata, paths.temporary]) await makeFolder(folder);
  } catch (error) {
    throw folderError(root, error);
  }
  return paths;
}

async function claim(root: string): Promise<void> {
  const names = await readdir(root);
  const marker = join(root, MARKER);
  if (names.includes(MARKER)) {
    const text = await readFile(marker, "utf8");
    if (text === MARKER_TEXT) return;
    // Cut short: written this very moment by another process, or when the machine went down. Nothing came before it.
    if (MARKER_TEXT.startsWith(text)) return writeMarker(marker);
    throw new InvalidInputError(
      `storage.dir ${root} was written by another version of p2pfs; name another folder, or empty it`,
      {},
      "INVALID_CONFIG",
    );
  }
  if (names.some((name) => !NOT_DATA.has(name)))
    throw new InvalidInputError(
      `storage.dir ${root} holds data that is not p2pfs' own; name an empty or a new folder`,
      {},
      "INVALID_CONFIG",
    );
  await writeMarker(marker);
}

async function writeMarker(path: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(MARKER_TEXT);
    // Before anything else is in the folder: data without a marker would be refused for ever.
    await file.sync();
  } finally {
    await file.close();
  }
}

function folderError(root: string, error: unknown): P2pfsError {
  const known = fromUnknown(error, `storage.dir ${root} cannot be used`);
  if (known.code !== "NOT_A_DIRECTORY" && known.code !== "ALREADY_EXISTS") return known;
  return new InvalidInputError(`storage.dir ${root} is not a folder`, { cause: error }, "INVALID_CONFIG");
}
