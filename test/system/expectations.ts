/** What users may expect of every refusal: the right errno or exit status, one plain sentence, nothing half done. */
import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import type { Content } from "../origin/content.ts";
import { type RunResult, run } from "./processes.ts";

/** Longest sentence that is still one, characters. */
const SENTENCE_CHARACTERS_MAX = 400;

/** Words of the C library for an errno, as cat prints them. */
export const ERRNO_WORDS = {
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EIO: "Input/output error",
  ENOSPC: "No space left on device",
  ESTALE: "Stale file handle",
  EROFS: "Read-only file system",
} as const;

/** cat fails with this errno and prints nothing else. Resolves to how long it took, ms. */
export async function catFails(path: string, errno: keyof typeof ERRNO_WORDS): Promise<number> {
  const { code, stdout, stderr, durationMs } = await run(["cat", "--", path], {
    environment: { LC_ALL: "C" },
  });
  const told = `cat ended with ${code} and ${stdout.length} bytes: ${stderr}`;
  assert.ok(stderr.trim().endsWith(`: ${ERRNO_WORDS[errno]}`), told);
  assert.equal(stdout, "", told);
  assert.equal(code, 1);
  return durationMs;
}

/** The program ended with 1 or 2 and said one plain sentence that matches. */
export function refusedPlainly(result: RunResult, expected: { words: RegExp; code?: 1 | 2 }): void {
  const said = `${result.stderr}${result.stdout}`.trim();
  assert.match(said, expected.words);
  assert.ok(said.length <= SENTENCE_CHARACTERS_MAX, `one sentence, not: ${said}`);
  assert.doesNotMatch(said, /^\s+at .*:\d+|\bError:.*\bat\b|node:internal/m, "no stack trace at a user");
  if (expected.code === undefined)
    assert.ok(result.code === 1 || result.code === 2, `exit status ${result.code}`);
  else assert.equal(result.code, expected.code, said);
}

/** Reads a file to its end or first error: what came is a prefix of the content, all of it where it ended well. */
export async function readsNothingWrong(
  path: string,
  content: Content,
  folder: string,
): Promise<{ readBytes: number }> {
  const copy = `${folder}/copy`;
  // dd writes what it got before an error; its status tells whether there was one.
  const { code, stderr } = await run(["dd", `if=${path}`, `of=${copy}`, "bs=64K", "status=none"]);
  const file = await open(copy).catch(() => undefined);
  if (file === undefined) return { readBytes: 0 };
  try {
    const bytes = await file.readFile();
    const right = content.read(0, bytes.length);
    assert.equal(Buffer.compare(bytes, right), 0, `the ${bytes.length} bytes read are the content's first`);
    if (code === 0) assert.equal(bytes.length, content.bytes, "a read that ends well has all bytes");
    else assert.match(stderr, /error|stale/i);
    return { readBytes: bytes.length };
  } finally {
    await file.close();
  }
}
