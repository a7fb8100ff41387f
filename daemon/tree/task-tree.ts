/** The branch /task: any task known here, by its id. Asks no origin before bytes are missing. */
import { NotFoundError } from "../../base/errors.ts";
import { LISTING_PAGE_NAMES } from "../../base/limits.ts";
import type { ListedEntry, NodeAttributes, OpenContent } from "../../fs/content-source.ts";
import type { EngineApi } from "../engine/open-task.ts";
import type { TaskRecord } from "../task/task-record.ts";
import { type Branch, type BranchNode, pagesOf } from "./branch.ts";
import { modifiedAtMsOf, versionToken } from "./content-version.ts";
import { type NodeKind, type NodePath, nodeOf } from "./node-key.ts";
import { isWhole, type RemoteFiles } from "./remote-files.ts";

export class TaskTree implements Branch {
  readonly #engine: EngineApi;
  readonly #files: RemoteFiles;

  constructor(parts: { engine: EngineApi; files: RemoteFiles }) {
    this.#engine = parts.engine;
    this.#files = parts.files;
  }

  async lookup(directory: NodePath, name: string): Promise<NodeKind | undefined> {
    return directory.length === 0 && this.#engine.record(name) !== undefined ? "file" : undefined;
  }

  async attributes(node: BranchNode): Promise<NodeAttributes> {
    const record = this.#record(node.path);
    const { etag, lastModified, contentLength } = record;
    return {
      kind: "file",
      size: contentLength,
      modifiedAtMs: modifiedAtMs(record),
      version: versionToken({ etag, lastModified, length: contentLength }),
    };
  }

  async *list(): AsyncGenerator<readonly ListedEntry[]> {
    const entries = function* (records: Iterable<TaskRecord>): Generator<ListedEntry> {
      for (const { id } of records) yield { name: id, kind: "file" };
    };
    yield* pagesOf(entries(this.#engine.records()), LISTING_PAGE_NAMES);
  }

  async open(path: NodePath): Promise<OpenContent> {
    const record = this.#record(path);
    const task = await this.#engine.openKnown(record.id);
    return this.#files.opened(keyOf(path), task, { owner: {}, modifiedAtMs: modifiedAtMs(record) });
  }

  async isHere(path: NodePath): Promise<boolean> {
    return isWhole(this.#engine, this.#record(path).id);
  }

  async reopen(path: NodePath, resume: string): Promise<OpenContent> {
    return this.#files.reopen({ key: keyOf(path), request: undefined, owner: {} }, resume);
  }

  xattrs(node: BranchNode): Promise<ReadonlyMap<string, string>> {
    const { id, url } = this.#record(node.path);
    return this.#files.xattrsOfTask(keyOf(node.path), id, url);
  }

  #record(path: NodePath): TaskRecord {
    const record = this.#engine.record(path[0] ?? "");
    if (record === undefined) throw new NotFoundError(`no task ${path[0]} is known here`);
    return record;
  }
}

function modifiedAtMs({ lastModified, createdAtMs }: TaskRecord): number {
  return modifiedAtMsOf(lastModified) ?? createdAtMs;
}

function keyOf(path: NodePath): string {
  return nodeOf(["task", ...path], "file").key;
}
