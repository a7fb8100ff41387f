/** What a cluster of our own changes in a host's configuration, and what it does not go together with. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadConfig } from "../../../daemon/config/config.ts";
import { workhomePaths } from "../../../daemon/config/workhome.ts";
import { withMembership } from "../../../daemon/membership/member-config.ts";
import { parseMemberState, parseRoles } from "../../../daemon/membership/member-state.ts";

const workhome = workhomePaths({ workhome: "/nowhere", uid: 0, environment: {} });
const paths = { caCert: "/c/ca.crt", cert: "/c/host.crt", key: "/c/host.key" };
const loadedOf = (sections: object) =>
  loadConfig({ file: { path: "dfdaemon.yaml", text: JSON.stringify(sections) }, environment: {}, workhome });
const state = { clusterName: "lab", roles: [] };

test("its certificates are used everywhere, and nothing is served in clear", () => {
  const { config } = withMembership(loadedOf({ upload: { server: { port: 4100 } } }), state, paths);
  for (const section of [config.upload.server, config.upload.client, config.scheduler])
    assert.deepEqual([section.caCert, section.cert, section.key], Object.values(paths));
  assert.deepEqual([config.upload.server.port, config.storage.server.tls], [4100, "required"]);
  assert.equal(config.seedPeer.enable, false);
});

test("a host with the role of a seed is a seed peer, as one whose configuration says so", () => {
  const seeds = (sections: object, roles: readonly ["seed"] | readonly []) =>
    withMembership(loadedOf(sections), { ...state, roles }, paths).config.seedPeer.enable;
  assert.deepEqual(
    [seeds({}, ["seed"]), seeds({ seedPeer: { enable: true } }, []), seeds({}, [])],
    [true, true, false],
  );
});

test("a host is in one cluster: a configuration that names another, or other certificates, is refused by the key's name", () => {
  for (const [sections, key] of [
    [{ manager: { addr: "http://10.0.0.1:65003" } }, "manager.addr"],
    [{ scheduler: { addrs: ["10.0.0.1:8002"] } }, "scheduler.addrs"],
    [{ dynconfig: { path: "/etc/d.yaml" } }, "dynconfig.path"],
    [{ upload: { server: { caCert: "/x" } } }, "upload.server.caCert"],
    [{ upload: { client: { key: "/x" } } }, "upload.client.key"],
    [{ scheduler: { cert: "/x" } }, "scheduler.cert"],
  ] as const)
    assert.throws(() => withMembership(loadedOf(sections), state, paths), {
      code: "INVALID_CONFIG",
      message: new RegExp(`^${key.replaceAll(".", "\\.")} names a.* lab`),
    });
});

test("what p2pfs wrote is read again; anything else is one sentence that names the file", () => {
  const written = {
    clusterName: "lab",
    memberId: "ab",
    isIssuer: true,
    roles: ["seed", "scheduler"],
    issuer: "10.0.0.1:4007",
    schedulers: [],
  };
  const read = parseMemberState(JSON.stringify(written), "member.json");
  assert.deepEqual(read, { ...written, roles: ["scheduler", "seed"] });
  for (const wrong of ["", "{}", "[]", "null", JSON.stringify({ ...written, issuer: 7 })])
    assert.throws(() => parseMemberState(wrong, "/home/member.json"), {
      code: "INVALID_CONFIG",
      message: /^\/home\/member\.json cannot be read/,
    });
  assert.throws(() => parseRoles(["king"]), {
    code: "INVALID_ARGUMENT",
    message: /scheduler, seed, not king/,
  });
});
