/**
 * A real nginx as a test's origin: own folder, own port, and an access log that tells which bytes it sent. What the log
 * says is the measure of the tests that count bytes; nothing of ours takes part in it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, open, rename, rm, stat, utimes } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UnavailableError } from "../../base/errors.ts";
import { makeCertificates } from "./certificates.ts";
import { type Content, chunksOf, fixedContent } from "./content.ts";
import { type NginxOptions, type NginxPlaces, nginxConfig, STATUS_PATH } from "./nginx-config.ts";

/** Longest wait for the server to listen, and for its end, ms. */
const START_MS = 10_000;
const STOP_MS = 5_000;
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

/** nginx in PATH or where Debian puts it, which a user's PATH may lack. */
export function nginxPath(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, "nginx")).find(isExecutable);
}

/** Reason to skip a test that needs nginx, or false. */
export function nginxMissing(): string | false {
  return nginxPath() === undefined ? "nginx is not installed (scripts/setup.sh installs it)" : false;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

interface ConnectionCounts {
  readonly reading: number;
  readonly writing: number;
}

/** Asks the running server over its control socket; undefined where none answers. */
function connectionCounts(prefix: string): Promise<ConnectionCounts | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: join(prefix, "control.sock"), path: STATUS_PATH, agent: false });
    asked.once("error", () => resolve(undefined));
    asked.once("response", async (answer) => {
      let text = "";
      for await (const chunk of answer.setEncoding("utf8")) text += chunk;
      const match = /Reading: (\d+) Writing: (\d+)/.exec(text);
      resolve(match === null ? undefined : { reading: Number(match[1]), writing: Number(match[2]) });
    });
    asked.end();
  });
}

/** The process of one server, which may be ended and begun again in the same places. */
class NginxProcess {
  readonly #prefix: string;
  readonly #netns: string | undefined;
  #child: ChildProcess | undefined;

  constructor(prefix: string, netns: string | undefined) {
    this.#prefix = prefix;
    this.#netns = netns;
  }

  /** Resolves to false where the port was taken. */
  async start(): Promise<boolean> {
    const nginx = nginxPath();
    if (nginx === undefined) throw new UnavailableError("nginx is not installed");
    const prefix = this.#prefix;
    const errorLog = join(prefix, "error.log");
    const words = [nginx, "-p", prefix, "-e", errorLog, "-c", join(prefix, "nginx.conf")];
    const into = this.#netns === undefined ? [] : ["nsenter", `--net=/run/netns/${this.#netns}`];
    const [command = nginx, ...args] = [...into, ...words];
    writeFileSync(errorLog, "");
    const child = spawn(command, args, { stdio: "ignore" });
    let failed: unknown;
    child.once("error", (error) => {
      failed = error;
    });
    this.#child = child;
    const until = Date.now() + START_MS;
    while ((await connectionCounts(prefix)) === undefined) {
      const ended = failed !== undefined || child.exitCode !== null || child.signalCode !== null;
      if (!ended && Date.now() < until) {
        await delay(10);
        continue;
      }
      await this.stop();
      const told = readFileSync(errorLog, "utf8").trim();
      if (told.includes("Address already in use")) return false;
      throw new UnavailableError(`nginx did not start: ${told || failed || "it did not listen"}`);
    }
    return true;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
    // What the server's end leaves of its control socket would stop the next start.
    await rm(join(this.#prefix, "control.sock"), { force: true });
  }
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
  const prefix = await mkdtemp(join(tmpdir(), "p2pfs-nginx-"));
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
