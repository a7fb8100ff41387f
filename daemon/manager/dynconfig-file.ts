/**
 * The local dynconfig file of a cluster without a manager (dragonflyoss/client, dynconfig/local.rs): its schedulers and block
 * lists, read anew at each look, so that an orchestrator may change it.
 */
import { open } from "node:fs/promises";
import { parse as parseYaml } from "yaml";
import { InvalidInputError } from "../../base/errors.ts";
import { DYNCONFIG_BYTES_MAX } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { readBlockLists } from "./block-list.ts";
import type { AddressesOf, ClusterDirectory, DirectorySource } from "./directory.ts";
import { resolveSchedulers } from "./scheduler-addresses.ts";

export interface DynconfigFileOptions {
  /** Absolute. */
  readonly path: string;
  readonly isSeedPeer: boolean;
  readonly addressesOf: AddressesOf;
}

/** What the file says. */
export interface DynconfigText {
  /** As written, "HOST:PORT". */
  readonly schedulers: readonly string[];
  readonly clientConfig: unknown;
  readonly seedClientConfig: unknown;
}

/** `scheduler.addrs` wins over `scheduler.addr`. @throws InvalidInputError INVALID_CONFIG */
export function parseDynconfig(text: string, where: string): DynconfigText {
  const problem = (words: string) => new InvalidInputError(`${where}: ${words}`, {}, "INVALID_CONFIG");
  let parsed: unknown;
  try {
    parsed = parseYaml(text, { maxAliasCount: 100 });
  } catch (error) {
    throw problem(`this is no YAML: ${fromUnknown(error).message.split("\n")[0]}`);
  }
  if (typeof parsed !== "object" || parsed === null) throw problem("it must be a map of keys.");
  const { scheduler, clientConfig, seedClientConfig } = parsed as Readonly<Record<string, unknown>>;
  const { addr, addrs } = (scheduler ?? {}) as Readonly<Record<string, unknown>>;
  const listed = Array.isArray(addrs) ? addrs : [];
  const schedulers = listed.length > 0 ? listed : [addr];
  if (!schedulers.every((each) => typeof each === "string" && each !== ""))
    throw problem(
      "scheduler.addr must be an address such as scheduler:8002, or scheduler.addrs a list of them.",
    );
  return { schedulers: schedulers as string[], clientConfig, seedClientConfig };
}

/** The file as a source. */
export class DynconfigFile implements DirectorySource {
  readonly what: string;
  readonly #options: DynconfigFileOptions;

  constructor(options: DynconfigFileOptions) {
    this.#options = options;
    this.what = `the dynconfig ${options.path}`;
  }

  async list(): Promise<ClusterDirectory> {
    const { path, isSeedPeer, addressesOf } = this.#options;
    const { schedulers, clientConfig, seedClientConfig } = parseDynconfig(await readBounded(path), path);
    const { lists, problems } = readBlockLists(isSeedPeer ? seedClientConfig : clientConfig);
    return { schedulers: await resolveSchedulers(schedulers, addressesOf), blockLists: lists, problems };
  }

  close(): void {}
}

/** @throws P2pfsError when it cannot be read, InvalidInputError when it is too long to be one */
async function readBounded(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const buffer = Buffer.alloc(DYNCONFIG_BYTES_MAX + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > DYNCONFIG_BYTES_MAX)
      throw new InvalidInputError(
        `${path} is longer than ${DYNCONFIG_BYTES_MAX} bytes`,
        {},
        "INVALID_CONFIG",
      );
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    throw fromUnknown(error, `cannot read the dynconfig ${path}`);
  }
}
