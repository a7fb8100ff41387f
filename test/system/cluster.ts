/** A cluster of scripts/cluster for one test or measurement: origin, scheduler, seed and peers in namespaces of their own. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { NotFoundError } from "../../base/errors.ts";
import { type NginxOrigin, nginxMissing, runningNginx } from "../origin/nginx.ts";
import { projectRoot } from "../project-root.ts";
import { type ConfigSections, DaemonHandle, mountMissing } from "./daemon.ts";
import { output } from "./processes.ts";
import type { Scope } from "./scope.ts";

/** Longest time one command of the script may take, ms: a dozen daemons on a busy machine. */
const CLUSTER_MS = 180_000;
/** Ports of a host's two servers: the defaults, which nobody else has in its namespace. */
export const UPLOAD_PORT = 4000;
export const PIECE_PORT = 4005;
const SCHEDULER_PORT = 8002;

/** Option of one kind for all links, or for those of named hosts. */
type LinkOption = string | Readonly<Record<string, string>>;

export interface ClusterOptions {
  /** Default 3. */
  readonly peers?: number;
  /** Default 1. */
  readonly seeds?: number;
  /** Default memory. */
  readonly scheduler?: "memory" | "none";
  /** Default run. */
  readonly daemons?: "run" | "none";
  readonly rate?: LinkOption;
  /** Whether daemons are told what their links carry, as cards tell it. Default no. */
  readonly tellRates?: "yes" | "no";
  readonly delay?: LinkOption;
  readonly loss?: LinkOption;
  /** Sections of every daemon's configuration. */
  readonly config?: ConfigSections;
}

/** What a server's port sent to one host, bytes with their headers. */
export interface Traffic {
  readonly from: string;
  readonly port: number;
  readonly to: string;
  readonly bytes: number;
}

/** Reason why no cluster can be made here, or false. */
export function clusterMissing(): string | false {
  if (process.getuid?.() !== 0) return "making network namespaces needs root";
  if (spawnSync("nft", ["--version"]).error !== undefined)
    return "nft is missing (scripts/setup.sh installs it)";
  const allowed = spawnSync("unshare", ["--net", "true"]).status === 0;
  return allowed ? mountMissing() || nginxMissing() : "this machine allows no network namespaces";
}

/** A host with a daemon and a mount. */
export class ClusterHost extends DaemonHandle {
  readonly name: string;
  readonly address: string;
  readonly #cluster: string;

  constructor(cluster: string, host: { name: string; address: string; home: string; mount: string }) {
    super({
      workhome: host.home,
      mountpoint: host.mount,
      netns: `p2pfs-${cluster}-${host.name}`,
    });
    this.#cluster = cluster;
    this.name = host.name;
    this.address = host.address;
  }

  get log(): string {
    return readFileSync(join(dirname(this.workhome), "log"), "utf8");
  }

  async kill(): Promise<void> {
    await script("kill", this.#cluster, this.name);
  }

  /** After `kill`: what it held is still on its disk. */
  async start(): Promise<void> {
    await script("start", this.#cluster, this.name);
  }
}

export class Cluster {
  readonly name: string;
  readonly origin: NginxOrigin;
  readonly hosts: readonly ClusterHost[];
  readonly #addresses: ReadonlyMap<string, string>;

  constructor(name: string, status: string) {
    this.name = name;
    const lines = status.split("\n").map((line) => line.split(" "));
    this.#addresses = new Map(lines.map(([host = "", address = ""]) => [address, host]));
    const found: ClusterHost[] = [];
    let origin: NginxOrigin | undefined;
    for (const [host = "", address = "", ...words] of lines) {
      const of = (key: string) =>
        words.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1) ?? "";
      if (host === "origin") origin = runningNginx(of("folder"), address, 80);
      else if (of("home") !== "")
        found.push(new ClusterHost(name, { name: host, address, home: of("home"), mount: of("mount") }));
    }
    if (origin === undefined) throw new NotFoundError(`the cluster ${name} has no origin`);
    this.origin = origin;
    this.hosts = found;
  }

  get peers(): readonly ClusterHost[] {
    return this.hosts.filter(({ name }) => name.startsWith("peer"));
  }

  /** @throws NotFoundError */
  host(name: string): ClusterHost {
    const host = this.hosts.find((each) => each.name === name);
    if (host === undefined) throw new NotFoundError(`the cluster ${this.name} has no host ${name}`);
    return host;
  }

  /** A host's, with a daemon or without. @throws NotFoundError */
  address(host: string): string {
    for (const [address, name] of this.#addresses) if (name === host) return address;
    throw new NotFoundError(`the cluster ${this.name} has no host ${host}`);
  }

  /** Where a host's daemon finds its scheduler. */
  get scheduler(): string {
    return `${this.address("scheduler")}:${SCHEDULER_PORT}`;
  }

  netns(host: string): string {
    return `p2pfs-${this.name}-${host}`;
  }

  /** What went over the switch since it was made, counted by the kernel; hosts by name. */
  async traffic(): Promise<Traffic[]> {
    const text = await script("traffic", this.name);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [from = "", port, to = "", bytes] = line.split(" ");
        const nameOf = (address: string) => this.#addresses.get(address) ?? address;
        return { from: nameOf(from), port: Number(port), to: nameOf(to), bytes: Number(bytes) };
      });
  }
}

let made = 0;

function script(...words: string[]): Promise<string> {
  return output(["bash", join(projectRoot(), "scripts/cluster"), ...words], { timeoutMs: CLUSTER_MS });
}

/** Makes a cluster, whose daemons have announced themselves when this resolves. It goes with the scope. */
export async function clusterUp(scope: Scope, options: ClusterOptions = {}): Promise<Cluster> {
  made += 1;
  const name = `${process.pid}-${made}`;
  const flags: string[] = [];
  for (const key of ["peers", "seeds", "scheduler", "daemons"] as const)
    if (options[key] !== undefined) flags.push(`--${key}`, String(options[key]));
  if (options.tellRates !== undefined) flags.push("--tell-rates", options.tellRates);
  for (const key of ["rate", "delay", "loss"] as const) {
    const value = options[key];
    if (typeof value === "string") flags.push(`--${key}`, value);
    else for (const [host, one] of Object.entries(value ?? {})) flags.push(`--${key}`, `${host}=${one}`);
  }
  if (options.config !== undefined) {
    const file = join(await scope.folder(), "config.json");
    await writeFile(file, JSON.stringify(options.config));
    flags.push("--config", file);
  }
  scope.after(() => script("down", name));
  await script("up", name, ...flags);
  return new Cluster(name, await script("status", name));
}
