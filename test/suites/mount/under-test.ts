/** What the tests of the mount's promises are given: a binding by name, and what it can do. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { constants } from "node:os";
import type { TestContext } from "node:test";
import { patternBytes } from "../../../fs/memory-file.ts";

export interface BindingUnderTest {
  /** As serve.ts knows it. */
  readonly binding: string;
  readonly supports: {
    /** A new version can be opened while a complete old one is. */
    readonly versionsSideBySide: boolean;
    /** A signal ends every wait, not only that of a read through the page cache. */
    readonly interrupts: boolean;
    /** Times before 1970 are told as they are. */
    readonly timesBefore1970: boolean;
  };
}

/** Keeps one promise of fs/SEMANTICS.md. */
export type PromiseTest = (t: TestContext, under: BindingUnderTest) => Promise<void>;
/** Heading → test. */
export type PromiseTests = Readonly<Record<string, PromiseTest>>;

export const MIB = 1024 * 1024;

/** sha256, hexadecimal, of a pattern content. */
export function patternDigest(size: number, seed: number): string {
  const digest = createHash("sha256");
  for (let offset = 0; offset < size; offset += MIB)
    digest.update(patternBytes(seed, offset, Math.min(MIB, size - offset)));
  return digest.digest("hex");
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The errno's name; Node itself has none for some, as ESTALE. */
export function errnoName(error: NodeJS.ErrnoException): string {
  const names = Object.entries(constants.errno).map(([name, number]) => [-number, name] as const);
  return new Map(names).get(error.errno ?? 0) ?? String(error.code);
}

/** An assertion's check for a failed system call. */
export function failsWith(name: string): (error: NodeJS.ErrnoException) => boolean {
  return (error) => {
    assert.equal(errnoName(error), name, error.message);
    return true;
  };
}

/** Opens a file of the mount, and closes it with the test at the latest. */
export async function openFile(t: TestContext, path: string, flags = 0): Promise<FileHandle> {
  const handle = await open(path, flags);
  // It may be closed already, or its mount be gone.
  t.after(() => handle.close().catch(() => undefined));
  return handle;
}

export const isRoot = process.getuid?.() === 0;
