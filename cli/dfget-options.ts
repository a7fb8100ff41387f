/**
 * dfget's command line (dragonflyoss/client's dfget, its flags and DFGET_ variables) as one checked value. Talks to
 * nobody.
 */
import { basename, dirname, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { InvalidInputError } from "../base/errors.ts";
import { DOWNLOAD_MS_MAX, PIECE_BYTES_MIN } from "../base/limits.ts";
import { VERSION } from "../base/version.ts";
import { parseByteSize } from "../daemon/config/byte-size.ts";
import { parseDurationMs } from "../daemon/config/duration.ts";
import { checkedPieceLength } from "../daemon/task/piece-length.ts";
import { DEFAULT_FILTERED_QUERY_PARAMS } from "../daemon/task/task-url.ts";
import type { Download } from "../proto/gen/common/v2/Download.ts";
import type { ObjectStorage } from "../proto/gen/common/v2/ObjectStorage.ts";
import { plainUsageErrors } from "./failure.ts";
import { type HomeOptions, withHomeOptions } from "./home.ts";

/** What dfget was told to do. */
export interface DfgetRequest extends HomeOptions {
  /** The download without where its bytes go. */
  readonly download: Download & { readonly url: string };
  /** Absolute path of the output. */
  readonly output: string;
  readonly overwrite: boolean;
  readonly forceHardLink: boolean;
  /** Take the content over the socket even where the cache could be read. */
  readonly transferFromDfdaemon: boolean;
  readonly timeoutMs: number;
  readonly progress: boolean;
  /** A socket other than the workhome's: that daemon must be running. */
  readonly endpoint: string | undefined;
}

/** An option that is also read from DFGET_<NAME>. */
function variable(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.env(
    `DFGET_${option
      .attributeName()
      .replace(/([A-Z])/g, "_$1")
      .toUpperCase()}`,
  );
}

/** Flags without a value, and the variables that set them: to anything but nothing, 0, false or no. */
const YES_VARIABLES: Readonly<Record<string, string>> = {
  overwrite: "DFGET_OVERWRITE",
  forceHardLink: "DFGET_FORCE_HARD_LINK",
  disableBackToSource: "DFGET_DISABLE_BACK_TO_SOURCE",
  transferFromDfdaemon: "DFGET_TRANSFER_FROM_DFDAEMON",
  noProgress: "DFGET_NO_PROGRESS",
};

function checked<T>(parse: (text: string) => T | undefined, expected: string) {
  return (text: string): T => {
    const value = parse(text);
    if (value === undefined) throw new InvalidArgumentError(`It must be ${expected}.`);
    return value;
  };
}

function pieceLengthOf(text: string): number | undefined {
  const bytes = parseByteSize(text);
  try {
    return bytes === undefined ? undefined : checkedPieceLength(bytes);
  } catch {
    // Out of bounds: the caller says what is expected.
    return undefined;
  }
}

function timeoutOf(text: string): number | undefined {
  const ms = parseDurationMs(text);
  return ms !== undefined && ms > 0 ? Math.min(ms, DOWNLOAD_MS_MAX) : undefined;
}

function header(text: string, before: readonly string[] = []): string[] {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+\s*:/.test(text))
    throw new InvalidArgumentError('It must read "Name: value".');
  return [...before, text];
}

const repeated = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** The command, without what it does. */
function dfgetCommand(): Command {
  const mib = `${PIECE_BYTES_MIN / 1024 ** 2}MiB`;
  const command = new Command("dfget")
    .description("Copies what a URL names to a file, through the daemon's cache.")
    .argument("<URL>", "http, https, oss or s3 URL")
    .version(`dfget ${VERSION}`, "-V, --version")
    .requiredOption(
      "-O, --output <PATH>",
      "the file to write; an existing directory: a file of the URL's name in it",
    )
    .option("-H, --header <HEADER>", 'request header "Name: value"; repeatable', header)
    .option("--digest <DIGEST>", "of the whole content, ALGORITHM:HEX; nothing is left when it differs")
    .option(
      "--filtered-query-param <NAME>",
      "query parameter that does not tell contents apart; repeatable",
      repeated,
    )
    .addOption(variable("--tag <TAG>", "tells downloads of one URL apart").default(""))
    .addOption(variable("--application <NAME>", "tells downloads of one URL apart").default(""))
    .addOption(
      variable(
        "--piece-length <SIZE>",
        `size of a piece, ${mib} or more (default: by the content's length)`,
      ).argParser(checked(pieceLengthOf, `a size from ${mib} to 64MiB in whole MiB`)),
    )
    .addOption(
      variable("--timeout <DURATION>", "longest time of the whole download")
        .default(7_200_000, "2h")
        .argParser(checked(timeoutOf, "a duration such as 2h")),
    )
    .option("--overwrite", "replace an existing output")
    .option("--force-hard-link", "make the output a link to the cached file: never write to it then")
    .option("--disable-back-to-source", "take only what is cached")
    .addOption(
      variable("--content-for-calculating-task-id <TEXT>", "text that names the task in place of the URL"),
    )
    .addOption(
      variable("-p, --priority <LEVEL>", "0 to 6").default("6").choices(["0", "1", "2", "3", "4", "5", "6"]),
    )
    .option("--transfer-from-dfdaemon", "take the content over the daemon's socket")
    .option("--no-progress", "print nothing while downloading")
    .addOption(new Option("-e, --endpoint <PATH>", "the daemon's socket (default: the workhome's)"));
  for (const [flags, description] of STORAGE_OPTIONS) command.option(flags, description);
  return withHomeOptions(command);
}

const STORAGE_OPTIONS = [
  ["--storage-region <REGION>", "region of the object store"],
  ["--storage-endpoint <URL>", "endpoint of the object store"],
  ["--storage-access-key-id <ID>", "access key of the object store"],
  ["--storage-access-key-secret <SECRET>", "its secret"],
  ["--storage-security-token <TOKEN>", "temporary credentials' token"],
  ["--storage-session-token <TOKEN>", "the same, as S3 calls it"],
  ["--storage-insecure-skip-verify", "trust any certificate of the object store"],
] as const;

/** @throws CommanderError, printed already; InvalidInputError */
export function parseDfget(
  args: readonly string[],
  isDirectory: (path: string) => boolean,
  environment: Readonly<Record<string, string | undefined>>,
): DfgetRequest {
  const command = plainUsageErrors(dfgetCommand());
  command.parse(args, { from: "user" });
  const options: Record<string, unknown> = command.opts();
  const isYes = (name: string) =>
    options[name] === true || !/^(0|false|no)?$/i.test(environment[YES_VARIABLES[name] ?? ""] ?? "");
  const url = command.args[0] ?? "";
  if (!URL.canParse(url)) throw new InvalidInputError(`not an absolute URL: ${url}`);
  return {
    ...text(options, "workhome", "workhome"),
    ...text(options, "config", "config"),
    download: downloadOf(url, options, isYes("disableBackToSource")),
    output: outputOf(url, String(options.output), isDirectory),
    overwrite: isYes("overwrite"),
    forceHardLink: isYes("forceHardLink"),
    transferFromDfdaemon: isYes("transferFromDfdaemon"),
    timeoutMs: Number(options.timeout),
    progress: options.progress !== false && !isYes("noProgress"),
    endpoint: typeof options.endpoint === "string" ? resolve(options.endpoint) : undefined,
  };
}

function downloadOf(
  url: string,
  options: Record<string, unknown>,
  disableBackToSource: boolean,
): Download & { url: string } {
  const timeoutMs = Number(options.timeout);
  const headers = (options.header ?? []) as string[];
  const filtered = (options.filteredQueryParam ?? DEFAULT_FILTERED_QUERY_PARAMS) as readonly string[];
  const storage = storageOf(options);
  return {
    url,
    type: "STANDARD",
    tag: String(options.tag),
    application: String(options.application),
    priority: `LEVEL${options.priority}` as "LEVEL6",
    filteredQueryParams: [...filtered],
    requestHeader: Object.fromEntries(headers.map(splitHeader)),
    timeout: { seconds: Math.floor(timeoutMs / 1000), nanos: Math.floor((timeoutMs % 1000) * 1e6) },
    disableBackToSource,
    ...text(options, "digest", "digest"),
    ...text(options, "contentForCalculatingTaskId", "contentForCalculatingTaskId"),
    ...(options.pieceLength === undefined ? {} : { pieceLength: Number(options.pieceLength) }),
    ...(storage === undefined ? {} : { objectStorage: storage }),
  };
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

function storageOf(options: Record<string, unknown>): ObjectStorage | undefined {
  const storage: ObjectStorage = {
    ...text(options, "storageRegion", "region"),
    ...text(options, "storageEndpoint", "endpoint"),
    ...text(options, "storageAccessKeyId", "accessKeyId"),
    ...text(options, "storageAccessKeySecret", "accessKeySecret"),
    ...text(options, "storageSecurityToken", "securityToken"),
    ...text(options, "storageSessionToken", "sessionToken"),
    ...(options.storageInsecureSkipVerify === true ? { insecureSkipVerify: true } : {}),
  };
  return Object.keys(storage).length === 0 ? undefined : storage;
}

/** A text option under the name it has in a message; nothing where it was not given. */
function text<Name extends string>(
  options: Record<string, unknown>,
  option: string,
  name: Name,
): { [name in Name]?: string } {
  const value = options[option];
  return (typeof value === "string" ? { [name]: value } : {}) as { [name in Name]?: string };
}

function outputOf(url: string, given: string, isDirectory: (path: string) => boolean): string {
  const path = resolve(given);
  if (!isDirectory(path)) {
    if (given.endsWith("/") || !isDirectory(dirname(path)))
      throw new InvalidInputError(
        `the output's directory ${given.endsWith("/") ? path : dirname(path)} does not exist`,
      );
    return path;
  }
  const name = decoded(basename(new URL(url).pathname));
  if (name === "" || name.includes("/") || name.includes("\0") || name === "..")
    throw new InvalidInputError(`${path} is a directory, and the URL gives no name for a file in it`);
  return resolve(path, name);
}

function decoded(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    // Not percent-encoded text: it stands for itself.
    return component;
  }
}
