/** The authority on another machine: its folder copied there, hosts that follow, and clocks that differ. Over real sockets. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmod, cp, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { systemClock } from "../../../base/clock.ts";
import { CERTIFICATE_LIFE_MS, RENEWAL_PART } from "../../../base/limits.ts";
import type { MemberFiles } from "../../../daemon/membership/member-files.ts";
import { addToken, followCluster, isOfCluster } from "../../../daemon/membership/set-up.ts";
import { formatToken, parseToken } from "../../../daemon/membership/token.ts";
import { parseHostPort } from "../../../daemon/rpc/endpoint.ts";
import { type Ground, ground, HOST, HOUR_MS, shifted } from "./ground.ts";

/** The authority's folder, copied to a machine with another address, whose daemon has started. */
async function moved(here: Ground, from: MemberFiles) {
  const files = here.files();
  await cp(from.folder, files.folder, { recursive: true });
  // As it comes from a copy that keeps no modes.
  for (const name of await readdir(files.folder)) await chmod(join(files.folder, name), 0o644);
  const daemon = await here.member(files, { ip: "127.0.0.2" });
  const port = await daemon.start("127.0.0.2", 0);
  const address = `127.0.0.2:${port}`;
  const token = formatToken(await addToken(files, { nowMs: Date.now(), lifeMs: HOUR_MS }));
  return { files, daemon, address, token };
}

/** `p2pfs cluster join` on a host that is in the cluster. */
async function follow(files: MemberFiles, { address, token }: { address: string; token: string }) {
  const state = await files.state();
  assert.ok(state);
  assert.equal(await isOfCluster(files, parseToken(token).fingerprint), true);
  return followCluster({
    files,
    address: parseHostPort(address),
    token,
    host: HOST,
    state,
    clock: systemClock,
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    assert.ok(tries < 400, what);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("the authority's folder on another machine", () => {
  test("serves the hosts that follow, lets others in, and still refuses whom it refused", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const stays = await here.enter(cluster.port, await cluster.token());
    const gone = await here.enter(cluster.port, await cluster.token());
    await stays.files.writeState({ ...stays.state, roles: ["seed"] });
    await cluster.issuer.remove(gone.state.memberId);
    const there = await moved(here, cluster.files);
    assert.equal((await there.files.state())?.issuer, there.address);
    for (const name of await readdir(there.files.folder))
      assert.equal((await stat(join(there.files.folder, name))).mode & 0o777, 0o600, name);
    // Nothing is served there with the old address.
    const shown = new X509Certificate(there.daemon.certificates.texts.own?.cert ?? "");
    assert.equal(shown.checkIP("127.0.0.2"), "127.0.0.2");
    assert.equal(there.daemon.refused.has(gone.state.memberId), true);
    const followed = await follow(stays.files, there);
    assert.deepEqual(followed, { ...stays.state, roles: ["seed"], issuer: there.address });
    const member = await here.member(stays.files);
    await member.asDirectory().list();
    assert.deepEqual([(await member.facts()).failure, member.refused.size], ["", 1]);
    assert.equal(
      (await here.enter(Number(there.address.split(":")[1]), there.token, { host: "127.0.0.2" })).state
        .clusterName,
      "lab",
    );
  });

  test("lets a host in anew, with its roles, whose certificate it does not take any more; one of another cluster does not follow", async (t) => {
    const here = await ground(t);
    const cluster = await here.cluster();
    const { files, state } = await here.enter(cluster.port, await cluster.token());
    await files.writeState({ ...state, roles: ["scheduler"] });
    await cluster.issuer.remove(state.memberId);
    const there = await moved(here, cluster.files);
    const again = await follow(files, there);
    assert.notEqual(again.memberId, state.memberId);
    assert.deepEqual([again.roles, again.issuer], [["scheduler"], there.address]);
    const other = await here.cluster();
    assert.equal(await isOfCluster(files, parseToken(await other.token()).fingerprint), false);
    const foreign = {
      files,
      address: { host: "127.0.0.1", port: other.port },
      token: there.token,
      host: HOST,
    };
    await assert.rejects(followCluster({ ...foreign, state: again, clock: systemClock }));
    assert.deepEqual(await files.state(), again);
  });
});

test("a host that joined by a name asks whoever has the name", async (t) => {
  const here = await ground(t);
  const cluster = await here.cluster();
  const { files, state } = await here.enter(cluster.port, await cluster.token(), { host: "localhost" });
  assert.equal(state.issuer, `localhost:${cluster.port}`);
  assert.equal((await (await here.member(files)).facts()).failure, "");
});

describe("a host whose clock is an hour off, either way, or whose authority's is", () => {
  for (const offMs of [HOUR_MS, -HOUR_MS])
    test(`gets in, asks, and has its certificate renewed in time (${offMs / HOUR_MS} h)`, async (t) => {
      const here = await ground(t);
      const beforeMs = CERTIFICATE_LIFE_MS * RENEWAL_PART + HOUR_MS;
      // All of it was made so long ago that the certificates are due.
      const cluster = await here.cluster(shifted(-beforeMs));
      const past = shifted(-beforeMs + offMs);
      const { files } = await here.enter(cluster.port, await cluster.token(), { clock: past });
      const before = await files.certificate();
      const own = await here.member(cluster.files, { clock: shifted(offMs) });
      const port = await own.start("127.0.0.1", 0);
      const state = await files.state();
      assert.ok(state);
      await files.writeState({ ...state, issuer: `127.0.0.1:${port}` });
      const member = await here.member(files, { clock: shifted(-offMs) });
      await member.start("127.0.0.1", 0);
      await until("it was never renewed", async () => (await files.certificate()) !== before);
      await until("the issuer's was never renewed", async () => {
        const { certificateUntilMs } = await own.facts();
        return certificateUntilMs > Date.now() + CERTIFICATE_LIFE_MS - 2 * HOUR_MS;
      });
      await until("it was never heard again", async () => (await member.facts()).failure === "");
      const shown = new X509Certificate(await files.certificate());
      assert.ok(Date.parse(shown.validTo) > Date.now() + CERTIFICATE_LIFE_MS - 2 * HOUR_MS);
      assert.ok(Date.parse(shown.validFrom) < Date.now() - HOUR_MS);
    });
});
