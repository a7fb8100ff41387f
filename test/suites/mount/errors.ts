/** Promises about errors. */
import assert from "node:assert/strict";
import { constants, readFile, stat } from "node:fs/promises";
import type { ErrorCode } from "../../../base/errors.ts";
import { patternBytes } from "../../../fs/memory-file.ts";
import { run } from "../../mount/programs.ts";
import { serveMount } from "../../mount/served.ts";
import { failsWith, MIB, openFile, type PromiseTests } from "./under-test.ts";

const SEED = 3;

/** What the source fails with → what a program is told. */
const ANSWERS: readonly (readonly [ErrorCode, string])[] = [
  ["NOT_FOUND", "ENOENT"],
  ["PERMISSION", "EACCES"],
  ["CHANGED", "ESTALE"],
  ["NO_SPACE", "ENOSPC"],
  ["UNAVAILABLE", "EIO"],
  ["SOURCE_FAILED", "EIO"],
  ["INTEGRITY", "EIO"],
  ["DEADLINE", "EIO"],
];

export const ERRORS: PromiseTests = {
  async "Errors say what happened"(t, { binding }) {
    const served = await serveMount(t, { binding });
    for (const [code, name] of ANSWERS) {
      const message = `the origin says ${code}`;
      await served.tell("addFile", code, 2 * MIB, SEED);
      const path = served.path(code);
      // O_DIRECT: one request for one read.
      const handle = await openFile(t, path, constants.O_DIRECT);
      await served.tell("setGate", code, { code, message });
      const before = (await served.tell("failures")).length;
      await assert.rejects(handle.read(Buffer.alloc(4096), 0, 4096, 0), failsWith(name), code);
      await handle.close();
      const lines = (await served.tell("failures")).slice(before);
      const ordinary = code === "NOT_FOUND";
      assert.deepEqual(
        lines.map(({ fields }) => [fields.operation, fields.code, fields.errno, fields.reason]),
        ordinary ? [] : [["read", code, name, message]],
      );
      await served.tell("setFault", "lookup", code, { code, message });
      if (code !== "CHANGED") await assert.rejects(stat(path), failsWith(name), `stat: ${code}`);
    }
  },

  async "A read that fails is an error, never short"(t, { binding }) {
    const served = await serveMount(t, { binding });
    await served.tell("addFile", "f", 4 * MIB, SEED);
    await served.tell("arrive", "f", [0, 1]);
    await served.tell("setGate", "f", { code: "UNAVAILABLE", message: "the origin answers 503" });
    const cat = await run("cat", served.path("f"));
    assert.equal(cat.status, 1);
    assert.match(cat.stderr, /Input\/output error/);
    assert.ok(cat.stdout.equals(patternBytes(SEED, 0, 2 * MIB)), "what came before the failure");
    await served.tell("setGate", "f", "open");
    assert.ok(
      (await readFile(served.path("f"))).equals(patternBytes(SEED, 0, 4 * MIB)),
      "and it can be tried again",
    );

    await served.tell("addFile", "damaged", 4 * MIB, SEED, { arrival: "present" });
    await served.tell("damage", "damaged", 3 * MIB - 100);
    const damaged = await run("cat", served.path("damaged"));
    assert.equal(damaged.status, 1);
    assert.match(damaged.stderr, /Input\/output error/);
    assert.ok(damaged.stdout.length <= 3 * MIB - 100);
    assert.ok(damaged.stdout.equals(patternBytes(SEED, 0, damaged.stdout.length)));
  },

  async "What is never answered ends in an error"(t, { binding }) {
    const served = await serveMount(t, { binding, requestMs: 1_000 });
    await served.tell("addFile", "f", 2 * MIB, SEED);
    await served.tell("setGate", "f", "held");
    await assert.rejects(readFile(served.path("f")), failsWith("EIO"));
    await served.tell("setFault", "lookup", "g", "hang");
    await assert.rejects(stat(served.path("g")), failsWith("EIO"));
    await served.tell("setFault", "list", "", "hang");
    assert.match((await run("ls", served.directory)).stderr, /Input\/output error/);
    const codes = (await served.tell("failures")).map(
      ({ fields }) => `${fields.operation}: ${fields.reason}`,
    );
    assert.ok(codes.includes("read: the file's bytes did not come within 1 s"), `${codes}`);
    assert.ok(
      codes.some((line) => line.endsWith("the name did not come within 1 s")),
      `${codes}`,
    );
    assert.ok(
      codes.some((line) => line.endsWith("the listing did not come within 1 s")),
      `${codes}`,
    );
  },
};
