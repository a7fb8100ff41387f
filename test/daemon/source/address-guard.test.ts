/** The address guard: each refused address in each of its spellings, who may go where, and what guard.allow widens. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PermissionError } from "../../../base/errors.ts";
import { AddressGuard } from "../../../daemon/source/address-guard.ts";

const METADATA = [
  "169.254.169.254",
  "169.254.0.1",
  "fe80::1",
  "fe80::1%eth0",
  "febf::1",
  "::ffff:169.254.169.254",
  "::ffff:a9fe:a9fe",
  "0:0:0:0:0:ffff:169.254.169.254",
  "::169.254.169.254",
  "64:ff9b::169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "2002:a9fe:a9fe::1",
  "fd00:ec2::254",
  "fd20:ce::254",
  "100.100.100.200",
  "192.0.0.192",
  "168.63.129.16",
];
const LOOPBACK = [
  "127.0.0.1",
  "127.8.9.10",
  "0.0.0.0",
  "::1",
  "::",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "0:0:0:0:0:0:0:1",
  "64:ff9b::127.0.0.1",
  "2002:7f00:1::",
];
const ORDINARY = [
  "10.0.0.1",
  "192.168.1.1",
  "93.184.216.34",
  "169.253.255.255",
  "100.100.100.201",
  "2001:db8::1",
  "fd00::1",
  "::ffff:10.0.0.1",
  "fec0::1",
];

describe("the address guard", () => {
  test("refuses link-local addresses and metadata services to everybody, however they are spelled", () => {
    const guard = new AddressGuard();
    for (const address of METADATA) {
      assert.match(guard.refusal(address, 80, "local") ?? "", /metadata/, address);
      assert.match(guard.refusal(address, 80, "network") ?? "", /metadata/, address);
    }
  });

  test("refuses loopback to askers on the network only", () => {
    const guard = new AddressGuard();
    for (const address of LOOPBACK) {
      assert.equal(guard.refusal(address, 80, "local"), undefined, address);
      assert.match(guard.refusal(address, 80, "network") ?? "", /loopback/, address);
    }
  });

  test("lets ordinary addresses pass", () => {
    const guard = new AddressGuard({ ownPorts: () => new Set([80]) });
    for (const address of ORDINARY) {
      assert.equal(guard.refusal(address, 80, "local"), undefined, address);
      assert.equal(guard.refusal(address, 80, "network"), undefined, address);
    }
  });

  test("refuses the daemon's own ports on every address of this host, and no others", () => {
    const ports = new Set([4001]);
    const guard = new AddressGuard({
      ownPorts: () => ports,
      localAddresses: () => ["10.1.2.3", "fe80::5%eth0", "2001:db8::5"],
    });
    const own = [
      "127.0.0.1",
      "0.0.0.0",
      "::1",
      "::ffff:127.0.0.1",
      "10.1.2.3",
      "::ffff:10.1.2.3",
      "2001:db8::5",
    ];
    for (const address of own) {
      assert.match(guard.refusal(address, 4001, "local") ?? "", /port of this daemon/, address);
      assert.equal(guard.refusal(address, 4002, "local"), undefined, address);
    }
    assert.equal(guard.refusal("10.1.2.4", 4001, "local"), undefined);
    ports.add(4002);
    assert.match(guard.refusal("10.1.2.3", 4002, "local") ?? "", /port of this daemon/);
  });

  test("guard.allow permits addresses and blocks, in every spelling, and nothing beside them", () => {
    const guard = new AddressGuard({
      allow: ["169.254.0.0/16", "127.0.0.1", "::1/128", "fe80::/64"],
      ownPorts: () => new Set([80]),
    });
    for (const address of ["169.254.169.254", "::ffff:169.254.169.254", "127.0.0.1", "::1", "fe80::9"])
      assert.equal(guard.refusal(address, 80, "network"), undefined, address);
    for (const address of ["127.0.0.2", "fe80:0:0:1::9", "100.100.100.200"])
      assert.notEqual(guard.refusal(address, 80, "network"), undefined, address);
  });

  test("a refusal is a PERMISSION error that names the place and the key", () => {
    const guard = new AddressGuard();
    assert.throws(
      () => guard.check("fe80::1", 8080, "local"),
      (error) => error instanceof PermissionError && /^\[fe80::1\]:8080 .*guard\.allow/.test(error.message),
    );
    guard.check("10.0.0.1", 80, "local");
  });

  test("guard.allow with anything but addresses and blocks is an INVALID_CONFIG error that names it", () => {
    for (const block of [
      "",
      "localhost",
      "10.0.0.0/33",
      "10.0.0.0/",
      "10.0.0.0/8/8",
      "::1/129",
      "10.0.0.0/-1",
    ]) {
      assert.throws(() => new AddressGuard({ allow: [block] }), {
        code: "INVALID_CONFIG",
        message: `${block} is no address and no block of addresses`,
      });
    }
  });
});
