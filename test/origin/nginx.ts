/**
 * A real nginx as a test's origin: own folder, own port, and an access log that tells which bytes it sent. What the log
 * says is the measure of the tests that count bytes; nothing of ours takes part in it.
 */
import { createHash } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, open, rename, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UnavailableError } from "../../base/errors.ts";
import { makeCertificates } from "./certificates.ts";
import { type Content, chunksOf, fixedContent } from "./content.ts";
import { type NginxOptions, type NginxPlaces, nginxConfig } from "./nginx-config.ts";
import { connectionCounts, freePort, NginxProcess } from "./nginx-process.ts";

export { nginxMissing } from "./nginx-process.ts";

/** Longest wait of `log()` for answers that are still being sent, ms. */
const SETTLE_MS = 3_000;
/** Ports tried when another process takes the one that was found free. */
const PORT_TRIES = 5;

/** One finished request as nginx logged it. */
export interface NginxRequest {
  readonly method: string;
  /** Path and query as they were asked for, not decoded. */
  readonly uri: string;
  readonly status: number;
  /** The Range header, "" without one. */
  readonly range: string;
  readonly ifRange: string;
  /** Bytes of the body handed to the kernel, whether or not the client took them. */
  readonly bodyBytes: number;
  /** End of the request, ms since the Unix epoch. */
  readonly at: number;
  /** From the first byte of the request to the last of the answer, ms. */
  readonly durationMs: number;
  /** nginx's number of the connection: equal numbers shared one. */
  readonly connection: number;
}

export interface NginxOrigin {
  /** Folder that is served. Write here freely; `write` only saves trouble. */
  readonly root: string;
  readonly address: string;
  readonly port: number;
  /** HOST:PORT, as it stands in a URL. */
  readonly host: string;
  /** Authority to trust, PEM; present with `tls`. */
  readonly caFile: string | undefined;
  /** URL of a path, which starts with or without a slash. */
  url(path: string): string;
  /** Puts a file in place at once (a GET that runs keeps the old one), with a modification second of its own. */
  write(name: string, content: Content | Buffer | string): Promise<string>;
  /** Makes a file of zeros that takes no room. */
  writeSparse(name: string, bytes: number): Promise<string>;
  /** Every request finished so far, after those being answered ended or 3 s passed. */
  log(): Promise<NginxRequest[]>;
  /** Body bytes of all answers whose URI begins so. */
  bytesSent(uriPrefix?: string): Promise<number>;
  /** Forgets the requests so far. */
  clearLog(): Promise<void>;
  /** Ends the server, keeping its files and its port for `resume`: connections are refused meanwhile. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  /** Ends the server and removes its files. Idempotent. */
  stop(): Promise<void>;
}

function parseLog(text: string): NginxRequest[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const fields = JSON.parse(line) as Record<string, string>;
    return {
      method: fields.method ?? "",
      uri: fields.uri ?? "",
      status: Number(fields.status),
      range: fields.range ?? "",
      ifRange: fields.ifRange ?? "",
      bodyBytes: Number(fields.bodyBytes),
      at: Number(fields.at) * 1000,
      durationMs: Number(fields.seconds) * 1000,
      connection: Number(fields.connection),
    };
  });
}

/** A second that differs from the old file's: nginx's ETag of two versions of equal length is the second alone. */
async function nextModificationSecond(path: string): Promise<number> {
  const now = Math.floor(Date.now() / 1000);
  const old = await stat(path).catch(() => undefined);
  return old === undefined ? now : Math.max(now, Math.floor(old.mtimeMs / 1000) + 1);
}

async function writeContent(path: string, content: Content): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const second = await nextModificationSecond(path);
  const temporary = `${path}.new`;
  const file = await open(temporary, "w");
  try {
    for (const chunk of chunksOf(content)) await file.write(chunk);
  } finally {
    await file.close();
  }
  await utimes(temporary, second, second);
  await rename(temporary, path);
}

class RunningNginx implements NginxOrigin {
  readonly #places: NginxPlaces;
  readonly #process: NginxProcess;

  constructor(places: NginxPlaces, process: NginxProcess) {
    this.#places = places;
    this.#process = process;
  }

  get root(): string {
    return this.#places.root;
  }
  get address(): string {
    return this.#places.address;
  }
  get port(): number {
    return this.#places.port;
  }
  get host(): string {
    return `${this.address}:${this.port}`;
  }
  get caFile(): string | undefined {
    return this.#places.certificates?.caFile;
  }

  url(path: string): string {
    return `${this.caFile === undefined ? "http" : "https"}://${this.host}/${path.replace(/^\//, "")}`;
  }

  async write(name: string, content: Content | Buffer | string): Promise<string> {
    const path = join(this.root, name);
    const plain = typeof content === "string" || Buffer.isBuffer(content);
    await writeContent(path, plain ? fixedContent(content) : content);
    return path;
  }

  async writeSparse(name: string, bytes: number): Promise<string> {
    const path = await this.write(name, "");
    const file = await open(path, "r+");
    await file.truncate(bytes);
    await file.close();
    return path;
  }

  async #settle(): Promise<void> {
    const until = Date.now() + SETTLE_MS;
    for (;;) {
      const counts = await connectionCounts(this.#places.prefix);
      // The one that asks is itself being answered.
      if (counts === undefined || (counts.reading === 0 && counts.writing <= 1)) return;
      if (Date.now() >= until) return;
      await delay(10);
    }
  }

  async log(): Promise<NginxRequest[]> {
    await this.#settle();
    return parseLog(readFileSync(join(this.#places.prefix, "access.log"), "utf8"));
  }

  async bytesSent(uriPrefix = "/"): Promise<number> {
    const requests = (await this.log()).filter(({ uri }) => uri.startsWith(uriPrefix));
    return requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
  }

  async clearLog(): Promise<void> {
    await this.#settle();
    truncateSync(join(this.#places.prefix, "access.log"));
  }

  halt(): Promise<void> {
    return this.#process.stop();
  }

  async resume(): Promise<void> {
    if (!(await this.#process.start())) throw new UnavailableError(`port ${this.port} was taken meanwhile`);
  }

  async stop(): Promise<void> {
    await this.#process.stop();
    await rm(this.#places.prefix, { recursive: true, force: true });
  }
}

/** Starts an nginx that answers when this resolves. The caller stops it. Throws UnavailableError where it cannot. */
export async function startNginx(options: NginxOptions = {}): Promise<NginxOrigin> {
  const prefix = options.prefix ?? (await mkdtemp(join(tmpdir(), "p2pfs-nginx-")));
  try {
    const root = options.root ?? join(prefix, "root");
    await mkdir(root, { recursive: true });
    const address = options.address ?? "127.0.0.1";
    const certificates =
      options.tls === true ? await makeCertificates(prefix, [`IP:${address}`, "DNS:localhost"]) : undefined;
    if (options.basicAuth !== undefined) {
      const { user, password } = options.basicAuth;
      // Hashed because nginx would end a plain password at its first colon.
      const hash = createHash("sha1").update(password).digest("base64");
      writeFileSync(join(prefix, "users"), `${user}:{SHA}${hash}\n`);
    }
    const tries = options.port === undefined ? PORT_TRIES : 1;
    for (let attempt = 0; attempt < tries; attempt++) {
      const port = options.port ?? (await freePort(options.netns === undefined ? address : "127.0.0.1"));
      const places: NginxPlaces = { prefix, root, address, port, certificates };
      writeFileSync(join(prefix, "nginx.conf"), nginxConfig(options, places));
      const process = new NginxProcess(prefix, options.netns);
      if (await process.start()) return new RunningNginx(places, process);
    }
    throw new UnavailableError(`nginx found its port on ${address} taken`);
  } catch (error) {
    await rm(prefix, { recursive: true, force: true });
    throw error;
  }
}

/** One that somebody else started with this prefix, and ends: its log and its files. */
export function runningNginx(prefix: string, address: string, port: number): NginxOrigin {
  const places = { prefix, root: join(prefix, "root"), address, port, certificates: undefined };
  return new RunningNginx(places, new NginxProcess(prefix, undefined));
}
