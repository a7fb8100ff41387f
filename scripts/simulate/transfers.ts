/** The edge by which bytes come to a host: pieces of parents and blocks of the source, as flows of the simulated network. */
import type { Timer } from "../../base/clock.ts";
import { sleep } from "../../base/deadline.ts";
import type { Destination, FetchResult } from "../../base/destination.ts";
import {
  DeadlineError,
  IntegrityError,
  NotSupportedError,
  type P2pfsError,
  UnavailableError,
} from "../../base/errors.ts";
import { BLOCK_BYTES, PIECE_CONNECT_MS, PIECE_SILENCE_MS, SERVED_PIECES_MAX } from "../../base/limits.ts";
import type { Source } from "../../daemon/source/source.ts";
import type { Parent, PieceFetch, Transport } from "../../daemon/transport/transport.ts";
import type { Link } from "./network.ts";
import { bytesOf, CRC } from "./sim-content.ts";
import type { SimHost } from "./sim-host.ts";

/** Bytes on their way. */
interface Transfer {
  readonly from: SimHost | undefined;
  readonly fail: (error: P2pfsError) => void;
  readonly stop: () => void;
}

export class Transfers implements Transport {
  readonly source: Source;
  readonly #host: SimHost;
  readonly #running = new Set<Transfer>();
  /** Pieces that this host sends now. */
  #served = 0;

  constructor(host: SimHost) {
    this.#host = host;
    const refuse = () => {
      throw new NotSupportedError("the simulated source is only read");
    };
    this.source = {
      schemes: ["http"],
      stat: refuse,
      list: refuse,
      read: ({ into }) => this.#fromSource(into),
      close: async () => {},
    };
  }

  /** A connection, a question, and the bytes of the piece. */
  async fetch({ ip }: Parent, { into }: PieceFetch): Promise<FetchResult & { readonly digest: string }> {
    const { world } = this.#host;
    const from = world.byIp.get(ip);
    const blocks = blocksOf(into);
    let bytes = 0;
    for (const block of blocks) bytes += bytesOf(world.settings, block);
    if (from === undefined || from.isDead) await this.#nothing(from, PIECE_CONNECT_MS);
    else if (from.fault === "stalls") await this.#nothing(from, PIECE_SILENCE_MS);
    else await this.#fromParent(from, bytes);
    if (from?.fault === "lies") {
      world.wastedBytes += bytes;
      throw new IntegrityError("these bytes have another digest");
    }
    for (const block of blocks) into.onBlock(block, BLOCK_BYTES, CRC);
    return { length: blocks.length * BLOCK_BYTES, digest: `crc32:${CRC}` };
  }

  /** One block of the seed's. */
  ofSeed(seed: SimHost, block: number): Promise<void> {
    const { settings } = this.#host.world;
    return this.#flow(seed.up, bytesOf(settings, block), 2 * this.#host.latencyMs, seed);
  }

  /** The parent has died: what it was sending comes no more, which is seen after a while. */
  lost(parent: SimHost): void {
    for (const transfer of this.#running) {
      if (transfer.from !== parent) continue;
      transfer.stop();
      this.#host.world.clock.schedule(PIECE_SILENCE_MS, () => transfer.fail(silence()));
    }
  }

  /** This host has died. */
  end(reason: P2pfsError): void {
    for (const transfer of this.#running) {
      transfer.stop();
      transfer.fail(reason);
    }
  }

  async close(): Promise<void> {}

  /** A connection, a question, and the answer: unless the parent has as many connections as it takes. */
  async #fromParent(from: SimHost, bytes: number): Promise<void> {
    const waitMs = 4 * Math.max(this.#host.latencyMs, from.latencyMs);
    const { transfers } = from;
    if (transfers.#served >= SERVED_PIECES_MAX) {
      await sleep(this.#host.world.clock, waitMs / 2);
      throw new UnavailableError("the parent has closed the connection");
    }
    transfers.#served += 1;
    try {
      await this.#flow(from.up, bytes, waitMs, from);
    } finally {
      transfers.#served -= 1;
    }
  }

  /** Block by block: each is there for readers as it comes. */
  async #fromSource(into: Destination): Promise<FetchResult> {
    const { world, latencyMs } = this.#host;
    const blocks = blocksOf(into);
    let waitMs = 4 * latencyMs;
    for (const block of blocks) {
      const bytes = bytesOf(world.settings, block);
      await this.#flow(world.source, bytes, waitMs, undefined);
      waitMs = 0;
      world.sourceBytes += bytes;
      into.onBlock(block, BLOCK_BYTES, CRC);
    }
    return { length: blocks.length * BLOCK_BYTES };
  }

  #flow(link: Link, bytes: number, waitMs: number, from: SimHost | undefined): Promise<void> {
    const { world, down } = this.#host;
    return new Promise((resolve, reject) => {
      let stopFlow: () => void = () => {};
      const begin = () => {
        stopFlow = world.network.send(link, down, bytes, () => {
          this.#running.delete(transfer);
          resolve();
        });
      };
      const timer = waitMs > 0 ? world.clock.schedule(waitMs, begin) : undefined;
      const transfer = this.#begin(from, timer, () => stopFlow(), reject);
      if (timer === undefined) begin();
    });
  }

  /** Nothing comes. @throws DeadlineError after so long */
  #nothing(from: SimHost | undefined, afterMs: number): Promise<never> {
    return new Promise((_, reject) => {
      const timer = this.#host.world.clock.schedule(afterMs, () => transfer.fail(silence()));
      const transfer = this.#begin(from, timer, () => {}, reject);
    });
  }

  #begin(
    from: SimHost | undefined,
    timer: Timer | undefined,
    stopFlow: () => void,
    reject: (error: P2pfsError) => void,
  ): Transfer {
    const transfer: Transfer = {
      from,
      stop: () => {
        timer?.cancel();
        stopFlow();
      },
      fail: (error) => {
        this.#running.delete(transfer);
        reject(error);
      },
    };
    this.#running.add(transfer);
    return transfer;
  }
}

function blocksOf({ offset, length = 0 }: Destination): number[] {
  const first = offset / BLOCK_BYTES;
  return Array.from({ length: Math.ceil(length / BLOCK_BYTES) }, (_, index) => first + index);
}

function silence(): DeadlineError {
  return new DeadlineError("the parent sent nothing for too long");
}
