/** The sources of object stores against test servers that check signatures their own way. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  ChangedError,
  DeadlineError,
  IntegrityError,
  NotFoundError,
  NotSupportedError,
  P2pfsError,
  PermissionError,
  UnavailableError,
} from "../../../../base/errors.ts";
import { BLOCK_BYTES, LIST_PAGE_BYTES_MAX } from "../../../../base/limits.ts";
import { fixedContent, randomContent } from "../../../origin/content.ts";
import { refuse } from "../../../origin/received-request.ts";
import { StoreLab, VENDORS } from "./store-lab.ts";

const MIB = 1024 * 1024;

for (const vendor of VENDORS) {
  test(`${vendor}: stat tells length, validator, time and type of an object`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    const { etag } = lab.server.objects.put("bucket", "dir/model.bin", randomContent(12_345), {
      modifiedAtMs: Date.UTC(2024, 1, 29, 12, 0, 1),
    });
    const stat = await lab.stat("bucket/dir/model.bin");
    assert.equal(stat.kind, "file");
    assert.equal(stat.length, 12_345);
    assert.equal(stat.ranges, true);
    assert.equal(stat.statusCode, 200);
    assert.equal(stat.modifiedAtMs, Date.UTC(2024, 1, 29, 12, 0, 1));
    assert.equal(stat.contentType, "application/octet-stream");
    assert.deepEqual(stat.validator, {
      etag,
      lastModified: "Thu, 29 Feb 2024 12:00:01 GMT",
      length: 12_345,
    });
    assert.equal(stat.finalUrl, `${lab.server.endpoint}/bucket/dir/model.bin`);
    assert.equal(stat.responseHeaders["content-length"], "12345");
    assert.deepEqual(
      lab.server.log.map(({ method, statusCode, bodyBytes }) => [method, statusCode, bodyBytes]),
      [["HEAD", 200, 0]],
    );
  });

  test(`${vendor}: an empty object has the length 0`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.put("bucket", "empty", randomContent(0));
    assert.equal((await lab.stat("bucket/empty")).length, 0);
  });

  test(`${vendor}: a range is read into its place in the file, block by block, and nothing else is sent`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    const content = randomContent(5 * MIB + 777, 3);
    const { etag } = lab.server.objects.put("bucket", "a b/模型.bin", content);
    const length = 3 * MIB + 777;
    const file = await lab.read(
      "bucket/a b/模型.bin",
      { offset: 2 * MIB, length },
      { contentLength: content.bytes, validator: { etag, length: content.bytes } },
    );
    assert.deepEqual(file.bytes().subarray(2 * MIB), content.read(2 * MIB, length));
    assert.deepEqual(file.blocks, [
      [2, BLOCK_BYTES],
      [3, BLOCK_BYTES],
      [4, BLOCK_BYTES],
      [5, 777],
    ]);
    assert.equal(lab.server.objectBytes, length);
    assert.equal(lab.server.log[0]?.headers["if-match"], etag);
    assert.equal(lab.server.log[0]?.headers.range, `bytes=${2 * MIB}-${content.bytes - 1}`);
  });

  test(`${vendor}: the far end of a 32 GiB object is read by its range`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    const content = randomContent(32 * 1024 * MIB, 9);
    lab.server.objects.put("bucket", "huge", content);
    const stat = await lab.stat("bucket/huge");
    assert.equal(stat.length, content.bytes);
    const offset = content.bytes - MIB;
    // Only the range is written: the file is sparse.
    const file = await lab.read("bucket/huge", { offset, length: MIB }, { validator: stat.validator });
    assert.deepEqual(file.blocks, [[offset / MIB, MIB]]);
    assert.equal(lab.server.objectBytes, MIB);
  });

  test(`${vendor}: of an object that changed since its stat no byte is written`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.put("bucket", "key", randomContent(MIB, 1));
    const { validator } = await lab.stat("bucket/key");
    lab.server.objects.put("bucket", "key", randomContent(MIB, 2));
    const file = lab.file();
    await assert.rejects(
      lab.read("bucket/key", { offset: 0, length: MIB }, { validator, contentLength: MIB, file }),
      ChangedError,
    );
    assert.equal(file.bytes().length, 0);
    assert.deepEqual(file.blocks, []);
    assert.equal(lab.server.log.at(-1)?.statusCode, 412);
  });

  test(`${vendor}: an object replaced while it is read still comes whole in its old version`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    const old = randomContent(4 * MIB, 1);
    lab.server.objects.put("bucket", "key", old);
    const { validator } = await lab.stat("bucket/key");
    lab.server.faultOf = () => ({
      kind: "meanwhile",
      afterBytes: MIB,
      act: () => void lab.server.objects.put("bucket", "key", randomContent(4 * MIB, 2)),
    });
    const file = await lab.read("bucket/key", { offset: 0, length: old.bytes }, { validator });
    assert.deepEqual(file.bytes(), old.read(0, old.bytes));
    await assert.rejects(lab.read("bucket/key", { offset: 0, length: MIB }, { validator }), ChangedError);
  });

  test(`${vendor}: an answer that is cut short, or of another range, is an error of integrity`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.put("bucket", "key", randomContent(4 * MIB));
    const range = { offset: MIB, length: 2 * MIB };
    lab.server.faultOf = () => ({ kind: "cut", afterBytes: MIB + 5 });
    await assert.rejects(lab.read("bucket/key", range), IntegrityError);
    lab.server.faultOf = () => ({
      kind: "change",
      change: (answer) => ({
        ...answer,
        headers: { ...answer.headers, "content-range": `bytes 0-${2 * MIB - 1}/${4 * MIB}` },
      }),
    });
    const file = lab.file();
    await assert.rejects(lab.read("bucket/key", range, { file }), IntegrityError);
    assert.equal(file.bytes().length, 0);
  });

  test(`${vendor}: a store that falls silent is waited for within the deadlines, for a HEAD, a list and a GET`, async (context) => {
    const lab = await StoreLab.start(context, vendor, {
      client: { headersTimeoutMs: 300, idleTimeoutMs: 300 },
    });
    lab.server.objects.put("bucket", "key", randomContent(2 * MIB));
    const list = () => assert.rejects(lab.entries("bucket/"), DeadlineError);
    const read = () => assert.rejects(lab.read("bucket/key", { offset: 0, length: 2 * MIB }), DeadlineError);
    lab.server.faultOf = () => ({ kind: "silent" });
    await Promise.all([assert.rejects(lab.stat("bucket/key"), DeadlineError), list(), read()]);
    lab.server.faultOf = () => ({ kind: "stall", afterBytes: 10 });
    await Promise.all([list(), read()]);
  });

  test(`${vendor}: a caller who gives up is let go at once`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.put("bucket", "key", randomContent(2 * MIB));
    const controller = new AbortController();
    lab.server.faultOf = () => {
      setImmediate(() => controller.abort(new NotFoundError("nobody waits")));
      return { kind: "silent" };
    };
    await assert.rejects(
      lab.source.stat(lab.request("bucket/key"), controller.signal),
      (error: unknown) => error instanceof P2pfsError && error.message === "nobody waits",
    );
  });

  test(`${vendor}: the vendor's refusals are told with their code and request, and without secrets`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.put("bucket", "key", randomContent(100));
    const range = { offset: 0, length: 100 };
    const told = async (doing: Promise<unknown>, type: new (...a: never[]) => P2pfsError, code: string) => {
      const error = await doing.then(
        () => assert.fail(`${code} was expected`),
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof type, String(error));
      assert.match(error.message, new RegExp(`${code}.*\\(request REQUEST\\d+\\)$`));
      assert.ok(error.origin !== undefined && error.origin.statusCode >= 400);
      assert.doesNotMatch(
        JSON.stringify([error.message, error.details, error.origin]),
        /wrong secret|the\+secret|session\+|StringToSign/,
      );
    };
    await told(lab.read("bucket/none", range), NotFoundError, "NoSuchKey");
    await told(lab.read("nobucket/key", range), NotFoundError, "NoSuchBucket");
    await told(lab.entries("nobucket/"), NotFoundError, "NoSuchBucket");
    await assert.rejects(lab.stat("bucket/none"), NotFoundError);
    await assert.rejects(lab.stat("nobucket/key"), NotFoundError);
    const wrongSecret = { objectStorage: { ...lab.storage, accessKeySecret: "wrong secret" } };
    await told(lab.stat("bucket/key", wrongSecret), PermissionError, "SignatureDoesNotMatch");
    await told(lab.entries("bucket/", wrongSecret), PermissionError, "SignatureDoesNotMatch");
    await told(lab.read("bucket/key", range, wrongSecret), PermissionError, "SignatureDoesNotMatch");
    const unknownKey = { objectStorage: { ...lab.storage, accessKeyID: "NOBODY" } };
    await told(lab.read("bucket/key", range, unknownKey), PermissionError, "InvalidAccessKeyId");
    const anonymous = { objectStorage: { ...lab.storage, anonymous: true } };
    await told(lab.read("bucket/key", range, anonymous), PermissionError, "AccessDenied");
  });

  test(`${vendor}: what passes is told apart from what does not`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.put("bucket", "key", randomContent(100));
    const codeOf = async (doing: Promise<unknown>) => {
      try {
        await doing;
      } catch (error) {
        assert.ok(error instanceof UnavailableError, String(error));
        return error.code;
      }
      return undefined;
    };
    for (const [status, code, ours] of [
      [503, "SlowDown", "SOURCE_FAILED"],
      [500, "InternalError", "SOURCE_FAILED"],
      [429, "TooManyRequests", "SOURCE_FAILED"],
      [403, "InvalidObjectState", "SOURCE_REFUSED"],
      [400, "InvalidRequest", "SOURCE_REFUSED"],
    ] as const) {
      lab.server.faultOf = () => ({ kind: "refuse", refusal: refuse(status, code, "Said so.") });
      assert.equal(await codeOf(lab.read("bucket/key", { offset: 0, length: 100 })), ours, code);
      assert.equal(await codeOf(lab.entries("bucket/")), ours, code);
      assert.equal(await codeOf(lab.stat("bucket/key")), ours, code);
    }
    const asked = lab.server.log.length;
    assert.ok(asked > 0);
    await lab.server.close();
    assert.equal(await codeOf(lab.stat("bucket/key")), "UNAVAILABLE");
    assert.equal(await codeOf(lab.entries("bucket/")), "UNAVAILABLE");
  });

  test(`${vendor}: a question that failed for a passing reason is asked again, a read is not`, async (context) => {
    const lab = await StoreLab.start(context, vendor, { client: { maxRetries: 1 } });
    lab.server.objects.put("bucket", "key", randomContent(100));
    const failing = () => {
      const left = { count: 1 };
      lab.server.faultOf = () =>
        left.count-- > 0 ? { kind: "refuse", refusal: refuse(503, "SlowDown", "Said so.") } : undefined;
    };
    failing();
    assert.equal((await lab.stat("bucket/key")).length, 100);
    failing();
    assert.equal((await lab.entries("bucket/")).length, 1);
    failing();
    await assert.rejects(lab.read("bucket/key", { offset: 0, length: 100 }), UnavailableError);
    assert.equal(lab.server.log.length, 5);
  });

  test(`${vendor}: 10,000 keys are listed in ten questions, each page bounded`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    const one = randomContent(1);
    const expected = Array.from({ length: 10_000 }, (_, index) => `shard ${String(index).padStart(5, "0")}`);
    for (const name of expected) lab.server.objects.put("bucket", `many/${name}`, one, { etag: '"e"' });
    const pages = await lab.pages("bucket/many/");
    assert.ok(pages.every((page) => page.length <= 1000));
    assert.deepEqual(
      pages.flat().map(({ name }) => name),
      expected,
    );
    assert.equal(lab.server.log.length, 10);
  });

  test(`${vendor}: one level gives files and directories; recursively whole names`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    for (const key of ["top/", "top/a", "top/a/b", "top/c/d/e", "top/f//g", "top/./h", "other"])
      lab.server.objects.put("bucket", key, fixedContent(key), { modifiedAtMs: 1_700_000_000_000 });
    const level = await lab.entries("bucket/top/");
    assert.deepEqual(level.map(({ name, kind }) => `${kind} ${name}`).sort(), [
      "directory a",
      "directory c",
      "directory f",
      "file a",
    ]);
    const file = level.find(({ kind }) => kind === "file");
    assert.equal(file?.length, 5);
    assert.equal(file?.url, lab.url("bucket/top/a"));
    assert.equal(file?.modifiedAtMs, 1_700_000_000_000);
    assert.equal(file?.etag, `"${createHash("md5").update("top/a").digest("hex")}"`);
    const below = await lab.entries("bucket/top/", { recursive: true });
    assert.deepEqual(
      below.map(({ name }) => name),
      ["a", "a/b", "c/d/e"],
    );
    assert.deepEqual((await lab.entries("bucket")).map(({ name }) => name).sort(), ["other", "top"]);
    await assert.rejects(lab.entries("bucket/none/"), NotFoundError);
  });

  test(`${vendor}: every key that has a path is listed, found and read under its URL, whatever it is made of`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    const keys = [
      "plain",
      "with space",
      "100%",
      "a%20b",
      "a+b",
      "what?",
      "a#b",
      "&=;:@,$!",
      "'(x)*~'",
      '[{<"`|^>}]',
    ];
    keys.push(
      "模型",
      "😀",
      "tab\tnew\nline\u0001",
      " leading and trailing ",
      "..hidden",
      "a\\b",
      "&amp;",
      "]]>",
    );
    for (const key of keys) lab.server.objects.put("bucket", `odd/${key}`, fixedContent(`bytes of ${key}`));
    const entries = await lab.entries("bucket/odd/");
    assert.deepEqual(entries.map(({ name }) => name).sort(), [...keys].sort());
    for (const { name, url, length } of entries) {
      const path = url.slice(`${lab.scheme}://`.length);
      const stat = await lab.stat(path);
      assert.equal(stat.length, length, name);
      const file = await lab.read(path, { offset: 0, length }, { validator: stat.validator });
      assert.equal(file.bytes().toString(), `bytes of ${name}`);
    }
  });

  test(`${vendor}: a listing that is cut, another document or too long is an error, never an empty directory`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.put("bucket", "key", randomContent(1));
    const answerWith = (body: Buffer) => {
      lab.server.faultOf = () => ({
        kind: "change",
        change: (answer) => ({
          ...answer,
          headers: { "content-type": "application/xml" },
          bytes: body.length,
          read: (offset, length) => body.subarray(offset, offset + length),
        }),
      });
    };
    for (const document of [
      "",
      "<html><body>Welcome to the hotel's network</body></html>",
      "<ListBucketResult><Contents><Key>a</Key><Size>1</Size></Contents>",
      "<ListBucketResult><Contents><Key>a</Key><Size>many</Size></Contents></ListBucketResult>",
      "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
    ]) {
      answerWith(Buffer.from(document));
      await assert.rejects(
        lab.entries("bucket/"),
        (error: unknown) => error instanceof P2pfsError && error.code === "INTEGRITY",
        document,
      );
    }
    answerWith(Buffer.alloc(LIST_PAGE_BYTES_MAX + 1, 0x20));
    await assert.rejects(lab.entries("bucket/"), IntegrityError);
  });

  test(`${vendor}: a directory is what holds something; the bucket and the store are directories`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    for (const key of ["a", "a/b", "marker/"]) lab.server.objects.put("bucket", key, randomContent(10));
    for (const path of ["bucket/a/", "bucket/marker/", "bucket", "bucket/", ""])
      assert.equal((await lab.stat(path)).kind, "directory", path);
    assert.equal((await lab.stat("bucket/a")).kind, "file");
    for (const path of ["bucket/none/", "bucket/marker", "nobucket/"])
      await assert.rejects(lab.stat(path), NotFoundError, path);
  });

  test(`${vendor}: the store itself lists its buckets`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.createBucket("another-bucket");
    const entries = await lab.entries("");
    assert.deepEqual(
      entries.map(({ name, kind, url }) => [name, kind, url]),
      [
        ["another-bucket", "directory", lab.url("another-bucket/")],
        ["bucket", "directory", lab.url("bucket/")],
      ],
    );
    await assert.rejects(lab.entries("", { recursive: true }), NotSupportedError);
  });

  test(`${vendor}: a public bucket is read without a signature`, async (context) => {
    const lab = await StoreLab.start(context, vendor, {
      storage: { anonymous: true, accessKeyID: "AKID", accessKeySecret: "unused", securityToken: "unused" },
    });
    lab.server.objects.createBucket("open", { public: true });
    lab.server.objects.put("open", "key", fixedContent("public"));
    assert.equal((await lab.stat("open/key")).length, 6);
    assert.equal((await lab.entries("open/")).length, 1);
    const file = await lab.read("open/key", { offset: 0, length: 6 });
    assert.equal(file.bytes().toString(), "public");
    for (const { headers } of lab.server.log) {
      assert.equal(headers.authorization, undefined);
      assert.doesNotMatch(JSON.stringify(headers), /unused|anonymous/);
    }
  });

  test(`${vendor}: temporary credentials carry their session token`, async (context) => {
    const lab = await StoreLab.start(context, vendor, {
      storage: {
        accessKeyID: "TEMPORARY",
        accessKeySecret: "another secret",
        securityToken: "session+token/==",
      },
    });
    lab.server.objects.put("bucket", "key", fixedContent("private"));
    assert.equal((await lab.stat("bucket/key")).length, 7);
    assert.equal((await lab.entries("bucket/")).length, 1);
    const file = await lab.read("bucket/key", { offset: 0, length: 7 });
    assert.equal(file.bytes().toString(), "private");
  });

  test(`${vendor}: a store whose clock differs is asked once more, and from then on with its time`, async (context) => {
    const ahead = 3 * 3_600_000;
    const lab = await StoreLab.start(context, vendor, { server: { nowMs: () => Date.now() + ahead } });
    lab.server.objects.put("bucket", "key", randomContent(10));
    assert.equal((await lab.stat("bucket/key")).length, 10);
    await lab.read("bucket/key", { offset: 0, length: 10 });
    await lab.entries("bucket/");
    assert.deepEqual(
      lab.server.log.map(({ statusCode }) => statusCode),
      [403, 200, 206, 200],
    );
  });

  test(`${vendor}: buckets are named in the host where the endpoint is a name, and requests are signed for it`, async (context) => {
    const domain = vendor === "s3" ? "s3.test" : "oss.test";
    const lab = await StoreLab.start(context, vendor);
    lab.server.objects.put("bucket", "dir/a b", fixedContent("virtual"));
    const objectStorage = {
      ...lab.storage,
      endpoint: `http://${domain}:${lab.server.port}`,
      addressing: "virtual",
    } as const;
    const stat = await lab.stat("bucket/dir/a b", { objectStorage });
    assert.equal(stat.finalUrl, `http://bucket.${domain}:${lab.server.port}/dir/a%20b`);
    assert.equal((await lab.entries("bucket/dir/", { objectStorage })).length, 1);
    const file = await lab.read("bucket/dir/a b", { offset: 0, length: 7 }, { objectStorage });
    assert.equal(file.bytes().toString(), "virtual");
    for (const { headers } of lab.server.log)
      assert.equal(headers.host, `bucket.${domain}:${lab.server.port}`);
  });

  test(`${vendor}: a hint of how many entries are read bounds the pages`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    for (const key of ["d/", "d/a", "d/b", "d/c", "d/d"])
      lab.server.objects.put("bucket", key, randomContent(1));
    const iterator = lab.source
      .list({ ...lab.request("bucket/d/"), entriesMax: 2 }, AbortSignal.timeout(20_000))
      [Symbol.asyncIterator]();
    const first = await iterator.next();
    assert.deepEqual(
      first.value?.map(({ name }: { name: string }) => name),
      ["a", "b"],
    );
    await iterator.return?.();
    assert.match(lab.server.log[0]?.target ?? "", /max-keys=3/);
  });

  test(`${vendor}: after close nothing is asked any more`, async (context) => {
    const lab = await StoreLab.start(context, vendor);
    await lab.source.close();
    await lab.source.close();
    await assert.rejects(
      lab.stat("bucket/key"),
      (error: unknown) => error instanceof UnavailableError && error.code === "CLOSED",
    );
    assert.equal(lab.server.log.length, 0);
  });
}
