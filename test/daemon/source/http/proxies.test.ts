/** Which URL goes through which proxy: the variables of the environment, and NO_PROXY's forms. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Proxies, proxiesFromEnvironment } from "../../../../daemon/source/http/proxies.ts";

const through = (proxies: Proxies, url: string) => proxies.proxyOf(new URL(url))?.url.host;

test("lower-case variables win, ALL_PROXY fills gaps, empty ones do not count", () => {
  assert.deepEqual(
    proxiesFromEnvironment({
      HTTP_PROXY: "http://upper:1",
      http_proxy: "http://lower:1",
      https_proxy: "",
      ALL_PROXY: "http://all:2",
      NO_PROXY: "a,b",
    }),
    { http: "http://lower:1", https: "http://all:2", no: "a,b" },
  );
  assert.deepEqual(proxiesFromEnvironment({}), {});
});

test("each scheme has its proxy; without one it is asked directly", () => {
  const proxies = new Proxies({ http: "http://one:3128", https: "https://two" });
  assert.equal(through(proxies, "http://example.com/"), "one:3128");
  assert.equal(through(proxies, "https://example.com/"), "two");
  assert.equal(through(new Proxies({ http: "one:3128" }), "http://example.com/"), "one:3128");
  assert.equal(through(new Proxies({ http: "one:3128" }), "https://example.com/"), undefined);
  assert.equal(through(new Proxies(), "http://example.com/"), undefined);
});

test("user info of a proxy becomes credentials for the proxy", () => {
  const proxy = new Proxies({ http: "http://me:p%40ss%zz@one:3128" }).proxyOf(new URL("http://h/"));
  assert.equal(proxy?.url.href, "http://one:3128/");
  assert.equal(proxy?.authorization, `Basic ${Buffer.from("me:p%40ss%zz").toString("base64")}`);
  const plain = new Proxies({ http: "http://me:p%40ss@one" }).proxyOf(new URL("http://h/"));
  assert.equal(plain?.authorization, `Basic ${Buffer.from("me:p@ss").toString("base64")}`);
});

test("NO_PROXY takes hosts with everything below, ports, addresses, blocks of addresses, and *", () => {
  const no =
    "example.com,.dot.example *.star.example, host:8080 10.0.0.0/8,192.168.1.1,::1,[fd00::2]:80 fd01::/16 LAST.";
  const proxies = new Proxies({ http: "http://p:1", no });
  const direct = [
    "http://example.com/",
    "http://sub.EXAMPLE.com/",
    "http://dot.example/",
    "http://a.dot.example/",
    "http://a.star.example/",
    "http://host:8080/",
    "http://10.200.0.1/",
    "http://192.168.1.1:99/",
    "http://[::1]/",
    "http://[fd00::2]/",
    "http://[fd01::5]/",
    "http://last/",
  ];
  for (const url of direct) assert.equal(through(proxies, url), undefined, url);
  const proxied = [
    "http://notexample.com/",
    "http://example.com.evil/",
    "http://host/",
    "http://11.0.0.1/",
    "http://192.168.1.10/",
    "http://[fd00::2]:81/",
    "http://[fd02::1]/",
  ];
  for (const url of proxied) assert.equal(through(proxies, url), "p:1", url);
  assert.equal(through(new Proxies({ http: "http://p:1", no: "a, *" }), "http://b/"), undefined);
});

test("a proxy that is no http or https URL is an INVALID_CONFIG error that does not repeat it", () => {
  for (const http of ["socks5://secret@p:1", "http://", "ftp://p"]) {
    assert.throws(
      () => new Proxies({ http }),
      (error: { code?: string; message: string }) => {
        assert.equal(error.code, "INVALID_CONFIG");
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  }
});
