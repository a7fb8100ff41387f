/** Refusals of stores as our errors: the class says what to do, the message why, and neither repeats a secret. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ChangedError,
  NotFoundError,
  type P2pfsError,
  PermissionError,
  UnavailableError,
} from "../../../../base/errors.ts";
import {
  readFault,
  type StoreAnswer,
  storeError,
} from "../../../../daemon/source/object-store/store-error.ts";

function answer(statusCode: number, document = "", headers: Record<string, string> = {}): StoreAnswer {
  return { statusCode, headers, body: Buffer.from(document) };
}

function errorOf(from: StoreAnswer): P2pfsError {
  return storeError(readFault(from), from, "cannot read oss://bucket/key");
}

const xml = (code: string, more = "") =>
  `<?xml version="1.0"?>\n<Error>\n  <Code>${code}</Code><Message>said so</Message>${more}<RequestId>R1</RequestId></Error>`;

const CASES: readonly (readonly [
  status: number,
  code: string,
  type: new (...a: never[]) => Error,
  ours: string,
])[] = [
  [404, "NoSuchKey", NotFoundError, "NOT_FOUND"],
  [404, "NoSuchBucket", NotFoundError, "NOT_FOUND"],
  [403, "AccessDenied", PermissionError, "PERMISSION"],
  [403, "SignatureDoesNotMatch", PermissionError, "PERMISSION"],
  [403, "InvalidAccessKeyId", PermissionError, "PERMISSION"],
  [400, "ExpiredToken", PermissionError, "PERMISSION"],
  [403, "RequestTimeTooSkewed", PermissionError, "PERMISSION"],
  [403, "InvalidObjectState", UnavailableError, "SOURCE_REFUSED"],
  [400, "AuthorizationHeaderMalformed", UnavailableError, "SOURCE_REFUSED"],
  [301, "PermanentRedirect", UnavailableError, "SOURCE_REFUSED"],
  [500, "InternalError", UnavailableError, "SOURCE_FAILED"],
  [503, "SlowDown", UnavailableError, "SOURCE_FAILED"],
  [400, "RequestTimeout", UnavailableError, "SOURCE_FAILED"],
  [412, "PreconditionFailed", ChangedError, "CHANGED"],
];

for (const [status, code, type, ours] of CASES)
  test(`${status} ${code} is ${ours}, with the vendor's code, the request's id and the status kept`, () => {
    const error = errorOf(answer(status, xml(code)));
    assert.ok(error instanceof type);
    assert.equal(error.code, ours);
    assert.ok(error.message.startsWith(`cannot read oss://bucket/key: the store answered ${status} ${code}`));
    assert.ok(error.message.endsWith("(request R1)"));
    assert.equal(error.origin?.statusCode, status);
    assert.equal(error.httpStatus, status);
  });

test("a refusal without a document is told by its status", () => {
  assert.equal(errorOf(answer(404)).code, "NOT_FOUND");
  assert.equal(errorOf(answer(403)).code, "PERMISSION");
  assert.equal(errorOf(answer(401)).code, "PERMISSION");
  assert.equal(errorOf(answer(429)).code, "SOURCE_FAILED");
  assert.equal(errorOf(answer(502, "<html>bad gateway</html>")).code, "SOURCE_FAILED");
  assert.equal(errorOf(answer(418)).code, "SOURCE_REFUSED");
  assert.equal(errorOf(answer(404)).message, "cannot read oss://bucket/key: the store answered 404");
});

test("OSS's refusal of a HEAD is read from its header", () => {
  const header = Buffer.from(xml("NoSuchBucket")).toString("base64");
  const fault = readFault(answer(404, "", { "x-oss-err": header, "x-oss-request-id": "R2" }));
  assert.equal(fault.code, "NoSuchBucket");
  assert.equal(fault.requestId, "R2");
});

test("strings that were signed, keys and signatures in the document stay there", () => {
  const more =
    "<AWSAccessKeyId>AKIDSECRET</AWSAccessKeyId><StringToSign>AWS4 TOPSECRET</StringToSign>" +
    "<SignatureProvided>SIGSECRET</SignatureProvided>";
  const error = errorOf(answer(403, xml("SignatureDoesNotMatch", more)));
  assert.doesNotMatch(JSON.stringify([error.message, error.details, error.origin]), /SECRET/);
  assert.match(error.message, /secret is wrong/);
});

test("a code that is no plain word, as of a hostile server, does not reach the message", () => {
  const error = errorOf(answer(400, xml("Evil \u001b[31m text")));
  assert.doesNotMatch(error.message, /Evil/);
});

test("the region, the endpoint and the store's time are read", () => {
  const document = xml("PermanentRedirect", "<Endpoint>bucket.s3.eu-west-1.amazonaws.com</Endpoint>");
  const from = answer(301, document, {
    "x-amz-bucket-region": "eu-west-1",
    date: "Fri, 24 May 2013 00:00:00 GMT",
  });
  const fault = readFault(from);
  assert.equal(fault.region, "eu-west-1");
  assert.equal(fault.endpoint, "bucket.s3.eu-west-1.amazonaws.com");
  assert.equal(fault.serverTimeMs, Date.UTC(2013, 4, 24));
  assert.match(errorOf(from).message, /ask at bucket\.s3\.eu-west-1\.amazonaws\.com/);
});
