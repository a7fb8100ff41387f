/**
 * The branches /oss and /s3: BUCKET/KEY, where a directory is a prefix that holds something. The directory wins where
 * both `a` and `a/b` exist; `a@file` is the object. What a fresh listing says, absence too, is not asked again.
 */
import { P2pfsError } from "../../base/errors.ts";
import { KNOWN_NAMES_MAX, OBJECT_KEY_BYTES_MAX } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { hasUrl, isBucketName, objectUrl } from "../source/object-store/object-url.ts";
import type { SourceEntry } from "../source/source.ts";
import { BoundedMap } from "./bounded-map.ts";
import { looksLikeFile } from "./http-names.ts";
import { kindOfChild } from "./listing.ts";
import type { NodeKind, NodePath } from "./node-key.ts";
import { keyTextOfName, nameOfKeyText } from "./object-name.ts";
import { OriginBranch, type OriginBranchParts, type Place } from "./origin-branch.ts";
import { aboutUrl, orKept } from "./origin-errors.ts";
import { splitFileMark } from "./url-name.ts";

/** What the store said of a name, absence included. */
interface Said {
  readonly kind: NodeKind | undefined;
  readonly atMs: number;
}

/** An answer or why there is none. */
type Outcome<T> = { readonly value: T } | { readonly error: P2pfsError };

export class ObjectTree extends OriginBranch {
  protected readonly listingsProveAbsence = true;
  readonly #scheme: "oss" | "s3";
  readonly #said = new BoundedMap<string, Said>(KNOWN_NAMES_MAX);
  readonly #flights = new Map<string, Promise<NodeKind | undefined>>();

  constructor(scheme: "oss" | "s3", parts: OriginBranchParts) {
    super(scheme, parts);
    this.#scheme = scheme;
  }

  async lookup(directory: NodePath, name: string, signal?: AbortSignal): Promise<NodeKind | undefined> {
    if (directory.length === 0) return isBucketName(name) ? "directory" : undefined;
    const place = this.place(directory, name);
    if (place === undefined) return undefined;
    const listing = this.parts.listings.recall(place.parent)?.listing;
    if (listing !== undefined && place.listedName !== undefined) {
      const child = listing.child(place.listedName);
      if (child === undefined && listing.whole) return undefined;
      if (child !== undefined && (!place.marked || listing.whole))
        return place.marked ? child.file && "file" : kindOfChild(child);
    }
    const said = this.#said.get(saidKey(place));
    if (said !== undefined && this.#isFresh(place, said)) return said.kind;
    return this.#ask(place, signal);
  }

  protected place(directory: NodePath, name: string): Place | undefined {
    const parent = this.directory(directory);
    const { base, file } = splitFileMark(name);
    if (parent === undefined || base === "") return undefined;
    const [bucket = "", ...names] = directory;
    const key = keyOf([...names, base]);
    if (!isKey(key)) return undefined;
    const scheme = this.#scheme;
    const text = keyTextOfName(base);
    return {
      path: [this.top, ...directory, name],
      base,
      // A slash of the key in a name leads past the listing of this directory.
      listedName: text.includes("/") ? undefined : nameOfKeyText(text),
      marked: file,
      // Made where they are needed: most names of a listing are never asked for.
      get url() {
        return objectUrl(scheme, { bucket, key });
      },
      get directoryUrl() {
        return objectUrl(scheme, { bucket, key: `${key}/` });
      },
      parent,
    };
  }

  protected urlOf(directory: NodePath): string | undefined {
    const [bucket = "", ...names] = directory;
    const key = names.length === 0 ? "" : `${keyOf(names)}/`;
    return isBucketName(bucket) && isKey(key) ? objectUrl(this.#scheme, { bucket, key }) : undefined;
  }

  protected nameOf(entry: SourceEntry): string | undefined {
    return nameOfKeyText(entry.name);
  }

  /** The configured buckets, and those in which something was found. */
  protected tops(): readonly string[] {
    const found = this.parts.directories.tops(this.#scheme);
    return [...new Set([...this.parts.roots.namesBelow(this.top), ...found])].sort();
  }

  protected listsEmpty(): boolean {
    return false;
  }

  async #ask(place: Place, signal?: AbortSignal): Promise<NodeKind | undefined> {
    const strict = this.parts.roots.freshness(place.path).consistency === "strict";
    const kept = strict ? undefined : await this.kept(place);
    const ask = () => this.#flights.get(saidKey(place)) ?? this.#flight(place);
    try {
      return await orKept(this.parts, { url: place.url, ask, kept }, signal);
    } catch (error) {
      throw aboutUrl(error, place.url);
    }
  }

  #flight(place: Place): Promise<NodeKind | undefined> {
    const key = saidKey(place);
    const flight = this.#resolve(place)
      .then((kind) => {
        this.#said.set(key, { kind, atMs: this.parts.clock.nowMs() });
        if (kind === "file") this.parts.directories.add(place.parent.request.url);
        if (kind === "directory") this.parts.directories.add(place.directoryUrl);
        else if (!place.marked) this.parts.directories.delete(place.directoryUrl);
        return kind;
      })
      .finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  /** One listing of one key tells a directory; names that look like files are asked for at the same time. */
  async #resolve(place: Place): Promise<NodeKind | undefined> {
    const request = this.parts.roots.request(place.path, place.url);
    const stat = () => outcomeOf(this.parts.engine.stat(request).then((answer) => answer.stat.kind));
    if (place.marked) return decide(place, { value: false }, await stat());
    const early = looksLikeFile(place.base) ? stat() : undefined;
    const names = place.path.slice(1);
    const directory = this.directory(names);
    const holds = await outcomeOf(
      directory === undefined ? Promise.resolve(false) : this.parts.listings.holdsSomething(directory),
    );
    if ("value" in holds && holds.value) return "directory";
    return decide(place, holds, await (early ?? stat()));
  }

  #isFresh(place: Place, said: Said): boolean {
    const { maxAgeMs } = this.parts.roots.freshness(place.path);
    const ageMs = this.parts.clock.nowMs() - said.atMs;
    return ageMs < (said.kind === undefined ? Math.min(maxAgeMs, this.parts.negativeMs) : maxAgeMs);
  }
}

/**
 * What a store's two answers make of a name. Where neither may be asked for, names without an extension are directories
 * that prove nothing: credentials that only read objects reach `a/b/model.bin` all the same.
 */
function decide(place: Place, holds: Outcome<boolean>, stat: Outcome<NodeKind>): NodeKind | undefined {
  if ("value" in stat) return place.marked ? "file" : stat.value;
  const mustBeFile = place.marked || looksLikeFile(place.base);
  const hidden = "error" in holds && holds.error.code === "PERMISSION";
  if (stat.error.code === "NOT_FOUND") {
    if (!("error" in holds) || mustBeFile) return undefined;
    if (hidden) return "directory";
    throw holds.error;
  }
  if (stat.error.code === "PERMISSION" && hidden && !mustBeFile) return "directory";
  throw stat.error;
}

async function outcomeOf<T>(promise: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error: fromUnknown(error) };
  }
}

/** The object and the directory of a name are two things. */
function saidKey(place: Place): string {
  return place.marked ? place.url : place.directoryUrl;
}

function keyOf(names: readonly string[]): string {
  return names.map(keyTextOfName).join("/");
}

/** @throws P2pfsError NAME_TOO_LONG */
function isKey(key: string): boolean {
  if (Buffer.byteLength(key) > OBJECT_KEY_BYTES_MAX)
    throw new P2pfsError("NAME_TOO_LONG", `the path makes a key of more than ${OBJECT_KEY_BYTES_MAX} bytes`);
  return hasUrl(key) && !/\p{Surrogate}/u.test(key);
}
