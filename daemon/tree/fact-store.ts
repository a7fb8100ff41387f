/** The port to small facts that outlive the process: the part of the storage the tree needs; `storage.facts` fulfils it. */

export interface FactStore {
  get(space: string, key: string): Promise<unknown>;
  /** Written soon, read back at once. */
  put(space: string, key: string, value: unknown): void;
  delete(space: string, key: string): void;
  /** Entries of a space, in the order of their keys. */
  entries(space: string): AsyncIterable<readonly [string, unknown]>;
  /** Resolves when all that was put so far outlives this process. */
  flush(): Promise<void>;
}
