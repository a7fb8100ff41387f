/**
 * The tables of kernel-abi/ against this machine's linux/fuse.h: numbers and flags by reading it, offsets by a small C
 * program. What the header is too old for is left out. Another header: environment variable FUSE_HEADER (a path).
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as flags from "../../../../fs/bindings/kernel-abi/flags.ts";
import * as layouts from "../../../../fs/bindings/kernel-abi/layouts.ts";
import { NOTIFICATION, OPCODE } from "../../../../fs/bindings/kernel-abi/opcodes.ts";
import { scopeOf } from "../../../system/scope.ts";

const HEADER = process.env.FUSE_HEADER ?? "/usr/include/linux/fuse.h";
const COMPILER = process.env.CC ?? "gcc";
const TEXT = existsSync(HEADER) ? readFileSync(HEADER, "utf8") : "";
const MINOR = Number(/#define FUSE_KERNEL_MINOR_VERSION (\d+)/.exec(TEXT)?.[1] ?? 0);

const missingHeader = TEXT === "" ? `there is no ${HEADER} (package linux-libc-dev)` : false;

function missingCompiler(): string | false {
  return spawnSync(COMPILER, ["--version"]).status === 0 ? false : `there is no C compiler (${COMPILER})`;
}

/** Values of the header's macros and enumerators with this prefix, without it. */
function valuesInHeader(prefix: string): Map<string, bigint> {
  const values = new Map<string, bigint>();
  for (const [, name = "", value = ""] of TEXT.matchAll(
    new RegExp(`^#define ${prefix}(\\w+)\\s+\\(1(?:U?LL)? ?<< ?(\\d+)\\)`, "gm"),
  )) {
    values.set(name, 1n << BigInt(value));
  }
  for (const [, name = "", value = ""] of TEXT.matchAll(
    new RegExp(`^\\s+${prefix}(\\w+)\\s+= (\\d+),`, "gm"),
  )) {
    values.set(name, BigInt(value));
  }
  return values;
}

function compare(table: Readonly<Record<string, number | bigint>>, prefix: string, atLeast: number): void {
  const inHeader = valuesInHeader(prefix);
  const both = Object.entries(table).filter(([name]) => inHeader.has(name));
  assert.ok(both.length >= atLeast, `${both.length} of ${prefix}… are in the header`);
  for (const [name, value] of both) assert.equal(BigInt(value), inHeader.get(name), prefix + name);
}

type AnyLayout = layouts.Layout<Readonly<Record<string, number>>>;

function isLayout(value: unknown): value is AnyLayout {
  return typeof value === "object" && value !== null && "at" in value;
}

/** Lines "struct field offset", and "struct - bytes", as our tables have them. */
function ourLines(all: readonly AnyLayout[]): string[] {
  return all.flatMap(({ name, bytes, at }) => [
    `${name} - ${bytes}`,
    ...Object.entries(at).map(([field, offset]) => `${name} ${field} ${offset}`),
  ]);
}

function programFor(all: readonly AnyLayout[]): string {
  const statements = all.flatMap(({ name, at }) => [
    `printf("${name} - %zu\\n", sizeof(struct ${name}));`,
    ...Object.keys(at).map(
      (field) => `printf("${name} ${field} %zu\\n", offsetof(struct ${name}, ${field}));`,
    ),
  ]);
  return [
    "#include <stddef.h>",
    "#include <stdio.h>",
    `#include "${HEADER}"`,
    "int main(void) {",
    ...statements,
    "return 0; }",
  ].join("\n");
}

describe("linux/fuse.h", { skip: missingHeader }, () => {
  test("gives requests, notifications and flags the numbers that we give them", () => {
    compare(OPCODE, "FUSE_", 46);
    compare(NOTIFICATION, "FUSE_NOTIFY_", 6);
    compare(flags.INIT_FLAG, "FUSE_", 28);
    compare(flags.OPEN_FLAG, "FOPEN_", 5);
    compare(flags.SETATTR_FLAG, "FATTR_", 11);
    compare(
      {
        GETATTR_FH: flags.GETATTR_FH,
        WRITE_CACHE: flags.WRITE_CACHE,
        WRITE_KILL_SUIDGID: flags.WRITE_KILL_SUIDGID,
        RELEASE_FLUSH: flags.RELEASE_FLUSH,
        RELEASE_FLOCK_UNLOCK: flags.RELEASE_FLOCK_UNLOCK,
        FSYNC_FDATASYNC: flags.FSYNC_FDATASYNC,
        EXPIRE_ONLY: flags.EXPIRE_ONLY,
      },
      "FUSE_",
      4,
    );
  });

  test("lays its structs out as our tables say", { skip: missingCompiler() }, async (t) => {
    const all = (Object.values(layouts) as readonly unknown[]).filter(isLayout);
    assert.ok(all.length > 45);
    const known = all.filter(({ since }) => since <= MINOR);
    assert.ok(known.length > 35, `${known.length} of ${all.length} structs are in a header of 7.${MINOR}`);
    const folder = await scopeOf(t).folder();
    writeFileSync(`${folder}/offsets.c`, programFor(known));
    const built = spawnSync(COMPILER, ["-o", `${folder}/offsets`, `${folder}/offsets.c`], {
      encoding: "utf8",
    });
    assert.equal(built.status, 0, built.stderr);
    const { stdout } = spawnSync(`${folder}/offsets`, { encoding: "utf8" });
    assert.deepEqual(stdout.trimEnd().split("\n"), ourLines(known));
    t.diagnostic(`${known.length} of ${all.length} structs compared, header of 7.${MINOR}`);
  });
});
