/** The issuer's list of hosts by itself: crowds, bounds, and what is on disk when. */
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { CLUSTER_TEXT_MAX, MEMBERS_MAX } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { Issuer } from "../../../daemon/membership/issuer.ts";
import { EMPTY_ISSUER, MemberFiles } from "../../../daemon/membership/member-files.ts";
import { scopeOf } from "../../system/scope.ts";
import { REPORT } from "./ground.ts";

const idOf = (index: number) => index.toString(16).padStart(16, "0");
const reportOf = (index: number) => ({ ...REPORT, hostname: `host-${index}`, ip: `10.0.${index >> 8}.1` });

async function issuerWith(t: TestContext, hosts: number) {
  const files = new MemberFiles(join(await scopeOf(t).folder(), "cluster"));
  const members = Array.from({ length: hosts }, (_, index) => ({
    ...reportOf(index),
    memberId: idOf(index),
    seenAtMs: 0,
    isIssuer: index === 0,
  }));
  await files.writeHosts({ ...EMPTY_ISSUER, members });
  const authority = async () => assert.fail("nobody is certified here");
  const options = {
    files,
    clock: systemClock,
    log: silentLogger,
    clusterName: "lab",
    memberId: idOf(0),
    authority,
  };
  return { files, issuer: await Issuer.open(options), again: () => Issuer.open(options) };
}

test("ten thousand hosts that tell something new at once are all heard, and written together", async (t) => {
  const { files, issuer, again } = await issuerWith(t, MEMBERS_MAX);
  const path = join(files.folder, "hosts.json");
  const before = await stat(path);
  const told = Array.from({ length: MEMBERS_MAX }, (_, index) =>
    issuer.sync(idOf(index), { ...reportOf(index), version: "2" }, false),
  );
  const schedulers = issuer.sync(
    idOf(7),
    { ...reportOf(7), roles: ["scheduler"], schedulerPort: 8002 },
    false,
  );
  await Promise.all(told);
  assert.deepEqual((await schedulers).schedulers, ["10.0.0.1:8002"]);
  assert.equal(issuer.memberCount, MEMBERS_MAX);
  await issuer.close();
  const after = await stat(path);
  assert.notEqual(after.ino, before.ino, "the file was replaced");
  assert.equal((await readFile(path, "utf8")).match(/"version": "2"/g)?.length, MEMBERS_MAX - 1);
  assert.equal((await again()).memberCount, MEMBERS_MAX);
});

test("one host more than there may be is refused, one that is known is not, nor one that says too much", async (t) => {
  const { issuer } = await issuerWith(t, MEMBERS_MAX);
  await assert.rejects(issuer.sync("ff".repeat(8), REPORT, false), { code: "TOO_MANY" });
  await issuer.sync(idOf(7), { ...REPORT, hostname: "renamed" }, false);
  const renamed = issuer.roster.members.filter(({ hostname }) => hostname === "renamed");
  assert.deepEqual(
    renamed.map(({ memberId }) => memberId),
    [idOf(7)],
  );
  await assert.rejects(
    issuer.sync(idOf(7), { ...REPORT, version: "x".repeat(CLUSTER_TEXT_MAX + 1) }, false),
    {
      code: "INVALID_ARGUMENT",
    },
  );
  await issuer.close();
});
