#!/usr/bin/env node
/** dfget: copies what a URL names to a file, through the daemon's cache. */
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { CancelledError, InvalidInputError, UnavailableError } from "../base/errors.ts";
import { refuseExisting } from "../base/file-placement.ts";
import { loggableUrl } from "../base/loggable-url.ts";
import { refuseUnderOwnMount } from "../daemon/own-mounts.ts";
import { DaemonClient, daemonAnswers } from "./daemon-client.ts";
import { connectOrStartDaemon } from "./daemon-start.ts";
import { download } from "./dfget-download.ts";
import { type DfgetRequest, parseDfget } from "./dfget-options.ts";
import { runCommand } from "./failure.ts";
import { openHome } from "./home.ts";
import { noProgress, progressOn, rate, size } from "./progress.ts";
import { untilSignal } from "./signals.ts";

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The output as it was asked for, before the disk is asked anything. */
function namedOutput(args: readonly string[]): string {
  let named: string | undefined;
  const isFolderOfIt = (path: string) => {
    const isFolder = named !== undefined;
    named ??= path;
    return isFolder;
  };
  parseDfget(args, isFolderOfIt, process.env);
  return named ?? "";
}

async function connect(request: DfgetRequest): Promise<DaemonClient> {
  if (request.endpoint === undefined) return connectOrStartDaemon(await openHome(request), "idle");
  if (await daemonAnswers(request.endpoint)) return new DaemonClient(request.endpoint);
  throw new UnavailableError(`no daemon answers on ${request.endpoint}`);
}

/** @throws InvalidInputError when it is none. Loaded only for those who give one: it takes its time. */
async function checkDigest(text: string): Promise<void> {
  const { parseDigest } = await import("../daemon/task/digest.ts");
  parseDigest(text);
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  await refuseUnderOwnMount("the output", namedOutput(args), "where nothing can be written");
  const request = parseDfget(args, isDirectory, process.env);
  const { url, requestHeader, digest } = request.download;
  const ranged = Object.keys(requestHeader ?? {}).some((name) => name.toLowerCase() === "range");
  if (ranged && digest !== undefined)
    throw new InvalidInputError("--digest is of the whole content and cannot be asked of a range");
  if (digest !== undefined) await checkDigest(digest);
  if (!request.overwrite) await refuseExisting(request.output);
  const signals = untilSignal();
  const progress = request.progress ? progressOn(process.stderr, loggableUrl(url)) : noProgress;
  const startedMs = performance.now();
  const client = await connect(request);
  try {
    const token = randomBytes(6).toString("hex");
    const { bytes } = await download(client, request, token, progress, signals.signal);
    const ms = performance.now() - startedMs;
    if (request.progress)
      process.stdout.write(
        `${request.output}: ${size(bytes)} in ${(ms / 1000).toFixed(1)} s (${rate(bytes, ms)})\n`,
      );
  } catch (error) {
    if (error instanceof CancelledError && signals.status !== undefined) process.exitCode = signals.status;
    else throw error;
  } finally {
    client.close();
    signals.close();
  }
}

await runCommand("dfget", main);
