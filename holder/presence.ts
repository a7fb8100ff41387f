/**
 * A socket that answers for as long as the holder lives: who finds no daemon asks here whether one will be back, before
 * starting another.
 */
import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import type { Logger } from "../base/logger.ts";

export class Presence {
  readonly #log: Logger;
  #server: Server | undefined;
  #path: string | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Begins, once: further calls change nothing. What an earlier holder left at the path is replaced. */
  show(path: string): void {
    if (this.#server !== undefined) return;
    rmSync(path, { force: true });
    this.#path = path;
    this.#server = createServer((socket) => socket.end());
    this.#server.on("error", (error) => {
      // Mounts work without; only a start at the wrong moment would not be held back.
      this.#log.warn({ path, reason: error.message }, "holder cannot be seen");
    });
    this.#server.listen(path);
    this.#server.unref();
  }

  /** Idempotent. */
  close(): void {
    this.#server?.close();
    this.#server = undefined;
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
    this.#path = undefined;
  }
}

/** Whether a holder lives that shows itself at the path. Never fails. */
export function holderIsPresent(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
