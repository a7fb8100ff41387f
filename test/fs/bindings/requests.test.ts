import assert from "node:assert/strict";
import { constants } from "node:os";
import { test } from "node:test";
import { UnavailableError } from "../../../base/errors.ts";
import { Requests } from "../../../fs/bindings/fuse-native/requests.ts";
import { KeptLog, settle } from "../fixture.ts";

test("what throws, at once or later, is answered with its errno and one line", async () => {
  const log = new KeptLog();
  const requests = new Requests(log);
  const answers: number[] = [];
  const fail = (errno: number) => void answers.push(errno);
  requests.run({ operation: "read", path: "/f" }, fail, () => {
    throw new UnavailableError("at once");
  });
  requests.run({ operation: "read", path: "/f" }, fail, async () => {
    throw new UnavailableError("later");
  });
  await settle();
  assert.deepEqual(answers, [-constants.errno.EIO, -constants.errno.EIO]);
  assert.deepEqual(
    log.lines.map(({ fields }) => fields.reason),
    ["at once", "later"],
  );
  assert.equal(requests.waiting, 0);
});

test("one request more than may wait is EAGAIN, and there is room again when one was answered", async () => {
  const log = new KeptLog();
  const requests = new Requests(log, 2);
  const answers: number[] = [];
  const releases: (() => void)[] = [];
  const wait = () =>
    requests.run(
      { operation: "read" },
      (errno) => void answers.push(errno),
      () => {
        return new Promise<void>((resolve) => releases.push(resolve));
      },
    );
  wait();
  wait();
  wait();
  assert.deepEqual(answers, [-constants.errno.EAGAIN]);
  assert.match(String(log.lines[0]?.fields.reason), /more than 2 requests wait/);
  releases[0]?.();
  await settle();
  wait();
  assert.equal(answers.length, 1);
  assert.equal(requests.waiting, 2);
});
