import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import {
  CancelledError,
  ERROR_TABLE,
  type ErrorCode,
  P2pfsError,
  UnavailableError,
} from "../../base/errors.ts";
import { errnoOf } from "../../fs/errno.ts";
import { answerFailure } from "../../fs/failed-request.ts";
import { KeptLog } from "./fixture.ts";

test("every code of the error table has a number on this platform", () => {
  const numbers: Readonly<Record<string, number>> = constants.errno;
  for (const code of Object.keys(ERROR_TABLE) as ErrorCode[])
    assert.equal(errnoOf(code, "linux"), numbers[ERROR_TABLE[code].errno], code);
});

test("an absent attribute is ENODATA, and ENOATTR on macOS", () => {
  assert.equal(errnoOf("NO_ATTRIBUTE", "linux"), constants.errno.ENODATA);
  assert.equal(errnoOf("NO_ATTRIBUTE", "darwin"), 93);
});

test("a failed request is one warning that says why; ordinary answers are not worth one", () => {
  const log = new KeptLog();
  const request = { operation: "read", path: "/https/h/f%3Ftoken=secret" };
  const failure = new UnavailableError("the origin answers 503");
  assert.equal(answerFailure(failure, request, log), constants.errno.EIO);
  assert.deepEqual(log.lines, [
    {
      level: "warn",
      event: "request failed",
      fields: {
        operation: "read",
        path: "/https/h/f?…",
        code: "UNAVAILABLE",
        errno: "EIO",
        reason: "the origin answers 503",
      },
    },
  ]);
  answerFailure(new CancelledError(), { operation: "read" }, log);
  answerFailure(new P2pfsError("NOT_FOUND", "no"), { operation: "lookup" }, log);
  assert.deepEqual(
    log.lines.slice(1).map(({ level }) => level),
    ["debug", "debug"],
  );
});

test("what is no error of ours is EIO, with its place in the log", () => {
  const log = new KeptLog();
  assert.equal(
    answerFailure(new TypeError("x is not a function"), { operation: "read" }, log),
    constants.errno.EIO,
  );
  assert.match(String(log.lines[0]?.fields.stack), /errno\.test/);
});
