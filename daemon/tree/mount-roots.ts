/**
 * The configured roots of the mount (`mount.roots`): whose files they are, how fresh answers must be, which credentials
 * and endpoint an object store needs. The longest path that leads to a node decides. Pure.
 */
import type { NodeAttributes } from "../../fs/content-source.ts";
import type { Consistency, Freshness, TaskRequest } from "../engine/open-task.ts";
import type { ObjectStorageOptions } from "../source/source.ts";
import type { NodePath } from "./node-key.ts";

/** One entry of `mount.roots`. Holds secrets: never shown. */
export interface MountRoot {
  /** "oss", "oss/BUCKET", "https/HOST", …: names of the mount. */
  readonly path: string;
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly accessKeyID?: string | undefined;
  readonly accessKeySecret?: string | undefined;
  readonly securityToken?: string | undefined;
  readonly signature?: "v1" | "v4" | undefined;
  readonly anonymous?: boolean | undefined;
  readonly addressing?: "virtual" | "path" | "cname" | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Permission bits of files; directories may be searched where files may be read. */
  readonly mode?: number | undefined;
  readonly consistency?: Consistency | undefined;
}

/** What a root says of the attributes of everything below it. */
export type Owner = Pick<NodeAttributes, "uid" | "gid" | "mode">;

export interface MountRootsOptions {
  readonly roots: readonly MountRoot[];
  /** For paths whose root says nothing (mount.consistency). */
  readonly consistency: Consistency;
  /** mount.attributeTimeout, ms. */
  readonly attributeTimeoutMs: number;
}

export class MountRoots {
  readonly #options: MountRootsOptions;
  readonly #roots: ReadonlyMap<string, MountRoot>;
  /** Names in the longest path of a root. */
  readonly #depthMax: number;

  constructor(options: MountRootsOptions) {
    this.#options = options;
    this.#roots = new Map(options.roots.map((root) => [root.path, root]));
    this.#depthMax = Math.max(0, ...options.roots.map(({ path }) => path.split("/").length));
  }

  /** The root with the longest path that leads to `path`. */
  rootOf(path: NodePath): MountRoot | undefined {
    for (let length = Math.min(path.length, this.#depthMax); length > 0; length -= 1) {
      const root = this.#roots.get(path.slice(0, length).join("/"));
      if (root !== undefined) return root;
    }
    return undefined;
  }

  /** Names that roots mention directly below a top directory: the buckets worth listing. */
  namesBelow(top: string): string[] {
    const names = [...this.#roots.keys()].map((path) => path.split("/"));
    return [
      ...new Set(names.flatMap(([first, second]) => (first === top && second !== undefined ? [second] : []))),
    ];
  }

  freshness(path: NodePath): Freshness {
    return {
      consistency: this.rootOf(path)?.consistency ?? this.#options.consistency,
      maxAgeMs: this.#options.attributeTimeoutMs,
    };
  }

  owner(path: NodePath, kind: NodeAttributes["kind"]): Owner {
    const root = this.rootOf(path);
    if (root === undefined) return NOBODY;
    const { uid, gid, mode } = root;
    const bits = mode === undefined || kind === "file" ? mode : mode | ((mode & 0o444) >> 2);
    return {
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
      ...(bits === undefined ? {} : { mode: bits }),
    };
  }

  /** The request for what lies at the path, by its URL. */
  request(path: NodePath, url: string): TaskRequest {
    const objectStorage = /^https?:/i.test(url) ? undefined : objectStorageOf(this.rootOf(path));
    return {
      url,
      headers: {},
      freshness: this.freshness(path),
      ...(objectStorage === undefined ? {} : { objectStorage }),
    };
  }
}

/** Where no root says whose it is. */
const NOBODY: Owner = {};

function objectStorageOf(root: MountRoot | undefined): ObjectStorageOptions | undefined {
  if (root === undefined) return undefined;
  const { endpoint, region, accessKeyID, accessKeySecret, securityToken, ...rest } = root;
  const { signature, anonymous, addressing } = rest;
  const keys = { accessKeyID, accessKeySecret, securityToken };
  const given = { endpoint, region, ...keys, signature, anonymous, addressing };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(said) as ObjectStorageOptions;
}
