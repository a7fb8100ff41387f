/**
 * Finding, starting and ending nginx: the process alone. What it serves is nginx-config.ts; what tests do with it is
 * nginx.ts.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UnavailableError } from "../../base/errors.ts";
import { STATUS_PATH } from "./nginx-config.ts";

/** Longest wait for the server to listen, and for its end, ms. */
const START_MS = 10_000;
const STOP_MS = 5_000;

/** nginx in PATH or where Debian puts it, which a user's PATH may lack. */
function nginxPath(): string | undefined {
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

/** Ports that no connection gets by itself: below the kernel's ephemeral ones (net.ipv4.ip_local_port_range). */
const FREE_PORTS = { first: 20_000, end: 32_000 };

/** A port of this address that was free a moment ago, drawn by lot: test files that run beside one another seldom draw the same. */
export async function freePort(address: string): Promise<number> {
  for (;;) {
    const port = randomInt(FREE_PORTS.first, FREE_PORTS.end);
    const server = createServer();
    try {
      await once(server.listen(port, address), "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") continue;
      throw error;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}

export interface ConnectionCounts {
  readonly reading: number;
  readonly writing: number;
}

/** Asks the running server over its control socket; undefined where none answers. */
export function connectionCounts(prefix: string): Promise<ConnectionCounts | undefined> {
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
export class NginxProcess {
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
