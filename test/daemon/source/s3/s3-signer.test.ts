/** Our S3 signatures against a check that shares no line with the signer. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathAt, urlAt } from "../../../../daemon/source/object-store/store-address.ts";
import { type S3Credentials, signS3 } from "../../../../daemon/source/s3/s3-signer.ts";
import type { Verdict } from "../../../origin/received-request.ts";
import { checkSigV4 } from "../../../origin/sigv4-check.ts";

const NOW_MS = Date.UTC(2024, 1, 29, 23, 59, 58);
const CREDENTIALS: S3Credentials = { accessKeyID: "AKID", accessKeySecret: "secret+/=" };
const WITH_TOKEN: S3Credentials = { ...CREDENTIALS, securityToken: "token/+==" };

interface Case {
  readonly key?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly secure?: boolean;
  readonly credentials?: S3Credentials;
  readonly nowMs?: number;
}

/** Signs, sends through a URL as a client would, and asks the server's check. */
async function verdictOf(
  given: Case,
  expected: S3Credentials = given.credentials ?? CREDENTIALS,
): Promise<Verdict> {
  const secure = given.secure ?? true;
  const address = { secure, host: "bucket.s3.test:8443", pathPrefix: "" };
  const path = pathAt(address, given.key ?? "key");
  const query = given.query ?? {};
  const headers = await signS3(
    { method: "GET", secure, host: address.host, path, query, headers: given.headers ?? {} },
    { credentials: given.credentials ?? CREDENTIALS, region: "eu-west-1", nowMs: given.nowMs ?? NOW_MS },
  );
  const url = new URL(urlAt(address, path, query));
  return checkSigV4(
    {
      method: "GET",
      target: url.pathname + url.search,
      headers: [["Host", url.host], ...Object.entries(headers)],
      secure,
    },
    {
      secretOf: (id) => (id === expected.accessKeyID ? expected : undefined),
      region: "eu-west-1",
      service: "s3",
      nowMs: NOW_MS,
      contentHash: true,
    },
  );
}

const KEYS = [
  "model.bin",
  "a b+c",
  "100%",
  "a%20b",
  "what?#",
  "模型/权重.bin",
  "😀",
  "/leading",
  "a//b",
  "trailing/",
  "!'()*~-._",
  '&=+$,;:@[]{}|\\^`"<>',
  "tab\tnewline\n",
];

for (const key of KEYS)
  test(`the signature of a GET of ${JSON.stringify(key)} is right`, async () => {
    assert.deepEqual(await verdictOf({ key }), { kind: "signed", accessKeyID: "AKID" });
  });

test("the signature covers the query, whatever stands in it", async () => {
  const query = { "list-type": "2", prefix: "a b/+&=%é", delimiter: "/", "encoding-type": "url", x: "" };
  assert.equal((await verdictOf({ key: "", query })).kind, "signed");
});

test("the signature covers the headers, without TLS the payload too, and the session token", async () => {
  const headers = { range: "bytes=0-9", "if-match": '"etag"', "x-amz-request-payer": "requester" };
  assert.equal((await verdictOf({ headers })).kind, "signed");
  assert.equal((await verdictOf({ headers, secure: false })).kind, "signed");
  assert.equal((await verdictOf({ headers, credentials: WITH_TOKEN })).kind, "signed");
});

test("another secret, a forgotten token and a late clock are refused", async () => {
  const codeOf = (verdict: Verdict) => (verdict.kind === "refused" ? verdict.code : verdict.kind);
  assert.equal(
    codeOf(await verdictOf({}, { ...CREDENTIALS, accessKeySecret: "other" })),
    "SignatureDoesNotMatch",
  );
  assert.equal(codeOf(await verdictOf({ credentials: CREDENTIALS }, WITH_TOKEN)), "InvalidToken");
  assert.equal(codeOf(await verdictOf({ nowMs: NOW_MS - 16 * 60_000 })), "RequestTimeTooSkewed");
});
