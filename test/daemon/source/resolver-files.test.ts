/** /etc/hosts and /etc/resolv.conf as the system's own resolver reads them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { candidatesOf, parseHosts, parseSearchRules } from "../../../daemon/source/resolver-files.ts";

test("a hosts file gives each name its addresses, in order, whatever the case", () => {
  const hosts = parseHosts(
    [
      "127.0.0.1 localhost",
      "::1\tlocalhost ip6-loopback # a comment",
      "# 10.0.0.9 hidden",
      "10.0.0.1   Model.Example  model",
      "10.0.0.2 model",
      "10.0.0.2 model",
      "not-an-address nobody",
      "",
    ].join("\n"),
  );
  assert.deepEqual(hosts.get("localhost"), ["127.0.0.1", "::1"]);
  assert.deepEqual(hosts.get("model.example"), ["10.0.0.1"]);
  assert.deepEqual(hosts.get("model"), ["10.0.0.1", "10.0.0.2"]);
  assert.equal(hosts.get("hidden"), undefined);
  assert.equal(hosts.get("nobody"), undefined);
});

test("resolv.conf gives search domains and ndots; the last of several lines counts", () => {
  const rules = parseSearchRules(
    "nameserver 10.0.0.10\ndomain old.example\nsearch ns.svc.cluster.local svc.cluster.local.\noptions ndots:5 timeout:1\n; end",
  );
  assert.deepEqual(rules, { domains: ["ns.svc.cluster.local", "svc.cluster.local"], dotsMin: 5 });
  assert.deepEqual(parseSearchRules(""), { domains: [], dotsMin: 1 });
  assert.deepEqual(parseSearchRules("search a\ndomain b c"), { domains: ["b"], dotsMin: 1 });
  assert.equal(parseSearchRules("options ndots:99").dotsMin, 15);
});

test("names with few dots are completed first, others last, those with a final dot never", () => {
  const rules = { domains: ["ns.svc", "svc"], dotsMin: 2 };
  assert.deepEqual(candidatesOf("minio", rules), ["minio.ns.svc", "minio.svc", "minio"]);
  assert.deepEqual(candidatesOf("a.b.c", rules), ["a.b.c", "a.b.c.ns.svc", "a.b.c.svc"]);
  assert.deepEqual(candidatesOf("minio.", rules), ["minio"]);
});
