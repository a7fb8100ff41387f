/** dfget's command line as one checked value. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CommanderError } from "commander";
import { parseDfget } from "../../cli/dfget-options.ts";
import { DEFAULT_FILTERED_QUERY_PARAMS } from "../../daemon/task/task-url.ts";

const FOLDERS = new Set(["/tmp", "/tmp/dir"]);
const parse = (args: readonly string[], environment: Record<string, string> = {}) =>
  parseDfget(args, (path) => FOLDERS.has(path), environment);
const URL_AND_OUTPUT = ["https://host/a%20b.bin?x=1", "-O", "/tmp/out"];

/** commander prints its sentence before it throws; a test's output is no place for it. */
function refused(args: readonly string[], words: RegExp): void {
  const { write } = process.stderr;
  let printed = "";
  process.stderr.write = (text: string | Uint8Array) => {
    printed += String(text);
    return true;
  };
  try {
    parse(args);
  } catch (error) {
    if (!(error instanceof CommanderError)) printed += (error as Error).message;
    assert.match(printed, words);
    return;
  } finally {
    process.stderr.write = write;
  }
  assert.fail(`these were taken for valid arguments: ${args.join(" ")}`);
}

describe("dfget's arguments", () => {
  test("have Dragonfly's defaults", () => {
    const { download, ...rest } = parse(URL_AND_OUTPUT);
    assert.deepEqual(rest, {
      output: "/tmp/out",
      overwrite: false,
      forceHardLink: false,
      transferFromDfdaemon: false,
      timeoutMs: 7_200_000,
      progress: true,
      endpoint: undefined,
    });
    assert.deepEqual(download, {
      url: "https://host/a%20b.bin?x=1",
      type: "STANDARD",
      tag: "",
      application: "",
      priority: "LEVEL6",
      filteredQueryParams: [...DEFAULT_FILTERED_QUERY_PARAMS],
      requestHeader: {},
      timeout: { seconds: 7200, nanos: 0 },
      disableBackToSource: false,
    });
  });

  test("all reach the download", () => {
    const { download, ...rest } = parse([
      ...URL_AND_OUTPUT,
      ...["-H", "Authorization: Bearer a:b", "-H", "X-Empty:", "--digest", "sha256:00"],
      ...["--filtered-query-param", "a", "--filtered-query-param", "b", "--tag", "t", "--application", "app"],
      ...[
        "--piece-length",
        "8mib",
        "--timeout",
        "1m 30s",
        "--overwrite",
        "--disable-back-to-source",
        "--no-progress",
      ],
      ...[
        "-e",
        "/run/d.sock",
        "-p",
        "3",
        "--content-for-calculating-task-id",
        "c",
        "--transfer-from-dfdaemon",
      ],
      ...["--storage-region", "r", "--storage-endpoint", "e", "--storage-access-key-id", "i"],
      ...[
        "--storage-access-key-secret",
        "s",
        "--storage-security-token",
        "k",
        "--storage-session-token",
        "n",
      ],
      ...["--storage-insecure-skip-verify", "--workhome", "/w", "--config", "c.yaml"],
    ]);
    assert.deepEqual(rest, {
      workhome: "/w",
      config: "c.yaml",
      output: "/tmp/out",
      overwrite: true,
      forceHardLink: false,
      transferFromDfdaemon: true,
      timeoutMs: 90_000,
      progress: false,
      endpoint: "/run/d.sock",
    });
    assert.deepEqual(download.requestHeader, { Authorization: "Bearer a:b", "X-Empty": "" });
    assert.deepEqual(download.filteredQueryParams, ["a", "b"]);
    assert.equal(download.pieceLength, 8 * 1024 ** 2);
    assert.equal(download.priority, "LEVEL3");
    assert.equal(download.digest, "sha256:00");
    assert.equal(download.contentForCalculatingTaskId, "c");
    assert.equal(download.disableBackToSource, true);
    assert.deepEqual(download.objectStorage, {
      region: "r",
      endpoint: "e",
      accessKeyId: "i",
      accessKeySecret: "s",
      securityToken: "k",
      sessionToken: "n",
      insecureSkipVerify: true,
    });
  });

  test("without a value are also read from their variables, where no, 0 and false mean no", () => {
    assert.equal(parse(URL_AND_OUTPUT, { DFGET_OVERWRITE: "true" }).overwrite, true);
    assert.equal(parse(URL_AND_OUTPUT, { DFGET_NO_PROGRESS: "1" }).progress, false);
    for (const no of ["", "0", "false", "no"]) {
      assert.equal(parse(URL_AND_OUTPUT, { DFGET_OVERWRITE: no }).overwrite, false, no);
      assert.equal(parse(URL_AND_OUTPUT, { DFGET_NO_PROGRESS: no }).progress, true, no);
    }
    assert.equal(parse([...URL_AND_OUTPUT, "--overwrite"], { DFGET_OVERWRITE: "no" }).overwrite, true);
  });

  test("with a value are also read from their variables", (t) => {
    process.env.DFGET_TAG = "from-env";
    t.after(() => delete process.env.DFGET_TAG);
    assert.equal(parse(URL_AND_OUTPUT).download.tag, "from-env");
    assert.equal(parse([...URL_AND_OUTPUT, "--tag", "given"]).download.tag, "given");
  });

  test("that name a directory mean a file of the URL's name in it", () => {
    assert.equal(parse(["https://host/x/a%20b.bin?x=1", "-O", "/tmp/dir"]).output, "/tmp/dir/a b.bin");
    assert.equal(parse(["oss://bucket/deep/key", "-O", "/tmp/dir/"]).output, "/tmp/dir/key");
    refused(["https://host/", "-O", "/tmp/dir"], /gives no name/);
    refused(["https://host/a%2Fb", "-O", "/tmp/dir"], /gives no name/);
    refused(["https://host/..", "-O", "/tmp/dir"], /gives no name/);
  });

  for (const [args, words] of [
    [["-O", "/tmp/x"], /missing required argument/],
    [["https://host/x"], /--output/],
    [["no url", "-O", "/tmp/x"], /not an absolute URL: no url/],
    [["https://host/x", "-O", "/absent/x"], /directory \/absent does not exist/],
    [["https://host/x", "-O", "/tmp/new/"], /directory \/tmp\/new does not exist/],
    [[...URL_AND_OUTPUT, "-H", "nocolon"], /Name: value/],
    [[...URL_AND_OUTPUT, "--piece-length", "1KiB"], /from 4MiB to 64MiB/],
    [[...URL_AND_OUTPUT, "--timeout", "0s"], /a duration such as 2h/],
    [[...URL_AND_OUTPUT, "-p", "7"], /Allowed choices are 0, 1/],
    [[...URL_AND_OUTPUT, "--nope"], /unknown option '--nope'/],
    [[...URL_AND_OUTPUT, "more"], /too many arguments/],
  ] as const)
    test(`that are wrong are refused in words: ${args.join(" ")}`, () => refused(args, words));
});
