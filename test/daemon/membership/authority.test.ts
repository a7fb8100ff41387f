/** Certificates as OpenSSL reads them: whose they are, for what, from when until when; and requests that get none. */
import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";
import {
  AUTHORITY_LIFE_MS,
  CERTIFICATE_ADDRESSES_MAX,
  CERTIFICATE_BACKDATED_MS,
  CERTIFICATE_LIFE_MS,
  CERTIFICATE_REQUEST_BYTES_MAX,
} from "../../../base/limits.ts";
import { Authority, makeAuthority, makeRequest } from "../../../daemon/membership/authority.ts";

const NOW_MS = Date.UTC(2026, 5, 1);
const HOST = {
  memberId: "0123456789abcdef",
  clusterName: "lab",
  addresses: ["10.0.0.7", "fd00::7"],
  hostname: "node-7",
};

async function made() {
  const authority = await makeAuthority("lab", NOW_MS);
  const loaded = await Authority.load(authority);
  const { request, key } = await makeRequest();
  return { authority, loaded, request, key };
}

test("a host's certificate names it and its addresses, is its authority's, and no authority itself", async () => {
  const { authority, loaded, request, key } = await made();
  const certificate = new X509Certificate(await loaded.certify(request, HOST, NOW_MS));
  const above = new X509Certificate(authority.certificate);
  assert.ok(certificate.verify(above.publicKey) && certificate.checkIssued(above));
  assert.equal(above.ca, true);
  assert.equal(certificate.ca, false);
  assert.match(certificate.subject, /CN=0123456789abcdef/);
  for (const address of HOST.addresses) assert.equal(certificate.checkIP(address), address);
  assert.equal(certificate.checkIP("10.0.0.8"), undefined);
  assert.equal(certificate.checkHost("node-7"), "node-7");
  const { createPrivateKey } = await import("node:crypto");
  assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
  assert.ok(!createPrivateKey(key).export({ type: "sec1", format: "der" }).equals(Buffer.alloc(0)));
});

test("it is valid from a day before it was made until its life is over, and never longer than its authority", async () => {
  const { authority, loaded, request } = await made();
  const now = new X509Certificate(await loaded.certify(request, HOST, NOW_MS));
  assert.equal(Date.parse(now.validFrom), NOW_MS - CERTIFICATE_BACKDATED_MS);
  assert.equal(Date.parse(now.validTo), NOW_MS + CERTIFICATE_LIFE_MS);
  const lateMs = NOW_MS + AUTHORITY_LIFE_MS - 86_400_000;
  const late = new X509Certificate(await loaded.certify(request, HOST, lateMs));
  assert.equal(late.validTo, new X509Certificate(authority.certificate).validTo);
});

test("names that could mean something else are left out, and there are not more than fit", async () => {
  const { loaded, request } = await made();
  const addresses = Array.from({ length: 300 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
  const hosts = [
    { ...HOST, hostname: "evil.example,IP:1.2.3.4", addresses: ["1.2.3.4.5", "DNS:x"] },
    { ...HOST, hostname: "", addresses },
    { ...HOST, memberId: "x/CN=root,O=other", addresses: [] },
  ];
  const names: unknown[] = [];
  for (const host of hosts) {
    const certificate = new X509Certificate(await loaded.certify(request, host, NOW_MS));
    names.push((certificate.subjectAltName ?? "").split(", ").filter((name) => name !== "").length);
  }
  assert.deepEqual(names, [0, CERTIFICATE_ADDRESSES_MAX, 1]);
});

test("what is no request, is not signed with its key, has another kind of key or is too long gets nothing", async () => {
  const { loaded, request } = await made();
  const altered = Buffer.from(request);
  altered[altered.length - 5] = (altered[altered.length - 5] ?? 0) ^ 1;
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = publicKey.export({ type: "spki", format: "der" });
  for (const wrong of [
    Buffer.alloc(0),
    Buffer.from("no request"),
    altered,
    key,
    Buffer.alloc(CERTIFICATE_REQUEST_BYTES_MAX + 1),
  ])
    await assert.rejects(loaded.certify(wrong, HOST, NOW_MS), { code: "INVALID_ARGUMENT" });
});

test("an authority whose key is another's cannot be used, and the error holds nothing of it", async () => {
  const [one, two] = await Promise.all([makeAuthority("one", NOW_MS), makeAuthority("two", NOW_MS)]);
  for (const wrong of [
    { ...one, key: two.key },
    { ...one, key: "none" },
    { ...one, certificate: "none" },
  ])
    await assert.rejects(Authority.load(wrong), {
      code: "INVALID_ARGUMENT",
      message: "the cluster's authority cannot be used",
    });
});
