/**
 * Random opens, reads, closes and updates of a few files against a model that knows every version each file ever had. What
 * is read must be bytes of one version for each open file, whole and in place; with nothing open, of the newest.
 */
import assert from "node:assert/strict";
import { patternBytes } from "../../fs/memory-file.ts";
import type { SeededRandom } from "../base/seeded-random.ts";
import { MIB } from "./fixture.ts";

/** What the model is tried on: a filesystem without a kernel, or a mount. Reads fail by throwing. */
export interface Tried {
  open(path: string): Promise<number>;
  read(handle: number, offset: number, length: number): Promise<Uint8Array>;
  size(handle: number): Promise<number>;
  close(handle: number): Promise<void>;
  /** The source's side. */
  add(path: string, size: number, seed: number): Promise<void>;
  update(path: string, size: number, seed: number, present: boolean): Promise<void>;
  /** True for errors that say that a version is gone. */
  isGone(error: unknown): boolean;
}

interface Version {
  readonly seed: number;
  readonly size: number;
}

interface OpenFile {
  readonly handle: number;
  readonly path: string;
  /** Versions its bytes may be of, as far as was seen. */
  possible: Version[];
}

const PATHS = ["a", "d/b", "d/c"];
/** Few, so that versions of one size follow each other. */
const SIZES = [0, 1000, MIB, MIB + 1, 3 * MIB];
const READ_BYTES_MAX = 200_000;
const OPEN_MAX = 6;

export class VersionModel {
  readonly #tried: Tried;
  readonly #random: SeededRandom;
  readonly #versions = new Map<string, Version[]>();
  #open: OpenFile[] = [];
  #made = 0;

  constructor(tried: Tried, random: SeededRandom) {
    this.#tried = tried;
    this.#random = random;
  }

  /** Runs so many steps and closes everything. */
  async run(steps: number): Promise<void> {
    for (const path of PATHS) {
      const version = this.#newVersion();
      this.#versions.set(path, [version]);
      await this.#tried.add(path, version.size, version.seed);
    }
    for (let step = 0; step < steps; step++) await this.#step();
    for (const file of [...this.#open]) await this.#close(file);
    for (const path of PATHS) await this.#readNewest(path);
  }

  async #step(): Promise<void> {
    const choice = this.#random.below(10);
    const path = this.#random.pick(PATHS);
    if (choice < 2) return this.#update(path);
    if (choice < 4) return this.#openFile(path);
    if (choice < 5 && this.#open.length > 0) return this.#close(this.#random.pick(this.#open));
    if (choice < 6 && !this.#open.some((file) => file.path === path)) return this.#readNewest(path);
    if (this.#open.length > 0) await this.#read(this.#random.pick(this.#open));
  }

  async #update(path: string): Promise<void> {
    const version = this.#newVersion();
    this.#of(path).push(version);
    await this.#tried.update(path, version.size, version.seed, this.#random.below(2) === 0);
  }

  async #openFile(path: string): Promise<void> {
    if (this.#open.length >= OPEN_MAX) return;
    try {
      const handle = await this.#tried.open(path);
      const file = { handle, path, possible: [...this.#of(path)] };
      this.#open.push(file);
      await this.#checkSize(file);
    } catch (error) {
      if (!this.#tried.isGone(error)) throw error;
    }
  }

  async #close(file: OpenFile): Promise<void> {
    this.#open = this.#open.filter((other) => other !== file);
    await this.#tried.close(file.handle);
  }

  async #checkSize(file: OpenFile): Promise<void> {
    const size = await this.#tried.size(file.handle);
    file.possible = file.possible.filter((version) => version.size === size);
    assert.ok(file.possible.length > 0, `${file.path} has a size it never had: ${size}`);
  }

  async #read(file: OpenFile): Promise<void> {
    const offset = this.#random.below(Math.max(...SIZES));
    const length = 1 + this.#random.below(READ_BYTES_MAX);
    let bytes: Uint8Array;
    try {
      bytes = await this.#tried.read(file.handle, offset, length);
      if (this.#random.below(3) === 0) await this.#checkSize(file);
    } catch (error) {
      if (!this.#tried.isGone(error)) throw error;
      return;
    }
    const before = file.possible.map(({ seed }) => seed);
    const wanted = (await this.#isCut(file, offset, length, bytes)) ? bytes.length : length;
    file.possible = file.possible.filter((version) => isOf(version, bytes, offset, wanted));
    assert.ok(
      file.possible.length > 0,
      `${bytes.length} bytes of ${file.path} at ${offset} are of none of its versions ${before}`,
    );
  }

  /** read(2) gives what comes before a failure; the failure is then what the next byte is answered with. */
  async #isCut(file: OpenFile, offset: number, length: number, bytes: Uint8Array): Promise<boolean> {
    if (bytes.length === 0 || bytes.length === length) return false;
    try {
      await this.#tried.read(file.handle, offset + bytes.length, 1);
      return false;
    } catch (error) {
      if (!this.#tried.isGone(error)) throw error;
      return true;
    }
  }

  /** With nothing open, whoever opens a file gets its newest version, whole. */
  async #readNewest(path: string): Promise<void> {
    const newest = this.#of(path).at(-1);
    assert.ok(newest !== undefined);
    const handle = await this.#tried.open(path);
    try {
      assert.equal(await this.#tried.size(handle), newest.size, path);
      for (let offset = 0; offset <= newest.size; offset += READ_BYTES_MAX) {
        const bytes = await this.#tried.read(handle, offset, READ_BYTES_MAX);
        assert.ok(isOf(newest, bytes, offset, READ_BYTES_MAX), `${path} at ${offset} is not the newest`);
      }
    } finally {
      await this.#tried.close(handle);
    }
  }

  #newVersion(): Version {
    this.#made += 1;
    return { seed: this.#made, size: this.#random.pick(SIZES) };
  }

  #of(path: string): Version[] {
    return this.#versions.get(path) ?? [];
  }
}

/** True when the bytes are what a read of the version gives: not one less, not one more. */
function isOf(version: Version, bytes: Uint8Array, offset: number, length: number): boolean {
  const expected = Math.max(0, Math.min(length, version.size - offset));
  return bytes.length === expected && patternBytes(version.seed, offset, expected).equals(bytes);
}
