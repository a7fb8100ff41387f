/**
 * Blocks from seed peers of p2pfs' own, over gRPC: each message is one block, which goes straight into the content file, is checked
 * and readable at once. Seeds that are not there are found out soon: a reader is waiting.
 */
import { type ServiceError, status } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal } from "../../base/deadline.ts";
import type { FetchResult } from "../../base/destination.ts";
import { ChangedError, IntegrityError, LimitError, P2pfsError, UnavailableError } from "../../base/errors.ts";
import { type BufferPool, FilePump } from "../../base/file-pump.ts";
import {
  BLOCK_BYTES,
  CLUSTER_TEXT_MAX,
  SEED_ANSWER_MS,
  SEED_CONNECT_MS,
  SEED_DISTRUST_MS,
  SEED_GONE_MS,
  SEED_SILENCE_MS,
  SEED_WITHOUT_SERVICE_MS,
  SEEDS_ASKED_MAX,
  SEEDS_WARMED_MAX,
} from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { ContentVersion__Output } from "../../proto/gen/p2pfs/v1/ContentVersion.ts";
import type { WantPriority } from "../../proto/gen/p2pfs/v1/WantPriority.ts";
import type { WantResponse__Output } from "../../proto/gen/p2pfs/v1/WantResponse.ts";
import { isOneVersion } from "../task/version.ts";
import type { ParentChannels } from "./parent-channels.ts";
import { SeedList } from "./seed-list.ts";
import type { Seed, SeedContent, SeedRead, Seeds } from "./seeds.ts";
import { streamFailure, takeBack } from "./stream-failure.ts";

export interface SeedPeersOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Closed by their owner, after this. */
  readonly channels: ParentChannels;
  readonly buffers: BufferPool;
  /** This host's, for the seed's log. */
  readonly hostId: string;
  /** See SeedListOptions. */
  readonly ask: () => Promise<readonly Seed[]>;
  /** Resolves when so many bytes may come (download.bandwidthLimit). Default: at once. */
  readonly allow?: (bytes: number, signal: AbortSignal) => Promise<void>;
  /** Longest wait for a connection; default SEED_CONNECT_MS. */
  readonly connectMs?: number;
}

const WIRE_PRIORITIES = {
  demand: "DEMAND",
  "read-ahead": "READ_AHEAD",
  copy: "COPY",
  warm: "WARM",
  seed: "SEED",
} as const satisfies Record<SeedRead["priority"], WantPriority>;

export class SeedPeers implements Seeds {
  readonly #options: SeedPeersOptions;
  readonly #list: SeedList;
  readonly #closing = new AbortController();
  readonly #reads = new Set<Promise<unknown>>();

  constructor(options: SeedPeersOptions) {
    this.#options = options;
    const { clock, log, ask } = options;
    let told = "";
    const warm = (seed: Seed) => this.#warm(seed);
    this.#list = new SeedList({
      clock,
      async ask() {
        const seeds = await ask();
        const names = seeds.map(({ hostId }) => hostId).join(" ");
        if (names === told) return seeds;
        told = names;
        log.info({ seeds: seeds.length, hostIds: names.slice(0, CLUSTER_TEXT_MAX) }, "seeds-known");
        for (const seed of seeds.slice(0, SEEDS_WARMED_MAX)) warm(seed);
        return seeds;
      },
    });
  }

  prepare(taskId: string): void {
    void this.#list.look().then(() => {
      const seed = this.#list.of(taskId);
      if (typeof seed !== "string") this.#warm(seed);
    });
  }

  /** Those who know the seeds may have changed. */
  lookAnew(): void {
    if (!this.#closing.signal.aborted) this.#list.lookAnew();
  }

  of(taskId: string): Seed | "unknown" | "none" {
    return this.#list.of(taskId);
  }

  known(): Promise<void> {
    return this.#list.known();
  }

  async read(seed: Seed, read: SeedRead, signal: AbortSignal): Promise<FetchResult> {
    signal.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    if (this.#reads.size >= SEEDS_ASKED_MAX)
      throw new P2pfsError("TOO_MANY", `more than ${SEEDS_ASKED_MAX} readers ask seeds at once`);
    const { length = 0 } = read.into;
    await this.#options.allow?.(length, signal);
    const stream = new SeedStream(this.#options, seed, read);
    const onClosing = () => stream.end(this.#closing.signal.reason);
    this.#closing.signal.addEventListener("abort", onClosing, { once: true });
    const reading = stream.run(signal);
    this.#reads.add(reading);
    try {
      return await reading;
    } catch (error) {
      if (!signal.aborted && !this.#closing.signal.aborted)
        this.#judge(seed, stream.isHeard, fromUnknown(error));
      throw error;
    } finally {
      this.#reads.delete(reading);
      this.#closing.signal.removeEventListener("abort", onClosing);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new UnavailableError("the daemon is stopping", {}, "CLOSED"));
    await Promise.allSettled(this.#reads);
  }

  /** Connects; without a call the connection is kept for a while. */
  #warm(seed: Seed): void {
    if (this.#closing.signal.aborted) return;
    try {
      const channel = this.#options.channels.use(seed);
      channel.connect();
      channel.release();
    } catch {
      // Too many hosts at once: whoever reads from it hears of it.
    }
  }

  /** What a failure says of the seed beyond the content that was asked for. */
  #judge(seed: Seed, isHeard: boolean, error: P2pfsError): void {
    const { log } = this.#options;
    const fields = { hostId: seed.hostId, ip: seed.ip, port: seed.uploadPort, reason: error.message };
    if (error.code === "INTEGRITY") {
      this.#list.rest(seed, SEED_DISTRUST_MS);
      log.warn(fields, "seed-dropped");
    } else if (error.details.status === status.UNIMPLEMENTED) {
      this.#list.rest(seed, SEED_WITHOUT_SERVICE_MS);
      log.debug(fields, "seed-of-another-kind");
    } else if (!isHeard && isGone(error)) {
      this.#list.rest(seed, SEED_GONE_MS);
      log.info(fields, "seed-does-not-answer");
    }
  }
}

/** It was not there, or said nothing; one that has too much to do is there. */
function isGone({ code, details }: P2pfsError): boolean {
  return code === "DEADLINE" || (code === "UNAVAILABLE" && details.status === status.UNAVAILABLE);
}

/** One call. */
class SeedStream {
  /** The seed has answered something. */
  isHeard = false;
  readonly #options: SeedPeersOptions;
  readonly #seed: Seed;
  readonly #read: SeedRead;
  readonly #pump: FilePump;
  readonly #ending = new AbortController();
  /** Block → the CRC that was told with it, until it is written. */
  readonly #told = new Map<number, number>();

  constructor(options: SeedPeersOptions, seed: Seed, read: SeedRead) {
    this.#options = options;
    this.#seed = seed;
    this.#read = read;
    const { into } = read;
    const checked = {
      fd: into.fd,
      offset: into.offset,
      length: into.length,
      ...(into.has === undefined ? {} : { has: (block: number) => into.has?.(block) ?? false }),
      onBlock: (block: number, length: number, crc32: number) => {
        if (this.#told.get(block) !== crc32)
          throw this.#wrong(`block ${block} with other bytes than it says`);
        this.#told.delete(block);
        into.onBlock(block, length, crc32);
      },
    };
    this.#pump = new FilePump(checked, options.buffers);
  }

  end(reason: unknown): void {
    this.#ending.abort(reason);
  }

  async run(signal: AbortSignal): Promise<FetchResult> {
    const { clock, channels, connectMs = SEED_CONNECT_MS } = this.#options;
    const channel = channels.use(this.#seed);
    const onGivenUp = () => this.end(signal.reason);
    signal.addEventListener("abort", onGivenUp, { once: true });
    const deadline = deadlineSignal(
      clock,
      `an answer of the seed ${this.#name}`,
      connectMs,
      this.#ending.signal,
    );
    // Who is there may take longer to answer than whoever may not be.
    const waiting = channel.whenConnected(() => {
      if (!this.isHeard) deadline.extend(SEED_ANSWER_MS);
    });
    const call = channel.pieces.want(this.#request());
    const cut = () => takeBack(call);
    deadline.signal.addEventListener("abort", cut, { once: true });
    call.on("metadata", () => {
      this.isHeard = true;
      deadline.extend(SEED_SILENCE_MS);
    });
    try {
      for await (const message of call as AsyncIterable<WantResponse__Output>) {
        deadline.extend(SEED_SILENCE_MS);
        await this.#take(message);
      }
      return await this.#pump.end();
    } catch (error) {
      // What came is progress.
      await this.#pump.cutOff();
      throw deadline.signal.aborted ? deadline.signal.reason : this.#failure(error);
    } finally {
      takeBack(call);
      waiting.cancel();
      deadline.close();
      signal.removeEventListener("abort", onGivenUp);
      channel.release();
    }
  }

  get #name(): string {
    const { hostId, ip, uploadPort } = this.#seed;
    return `${hostId} (${ip}:${uploadPort})`;
  }

  #request() {
    const { content, priority, into } = this.#read;
    const { taskId, download, length, etag, lastModified } = content;
    return {
      hostId: this.#options.hostId,
      taskId,
      download,
      version: {
        length,
        ...(etag === undefined ? {} : { etag }),
        ...(lastModified === undefined ? {} : { lastModified }),
      },
      firstBlock: into.offset / BLOCK_BYTES,
      blockCount: Math.ceil((into.length ?? 0) / BLOCK_BYTES),
      priority: WIRE_PRIORITIES[priority],
    };
  }

  async #take({ block, crc32, data, version }: WantResponse__Output): Promise<void> {
    const { into, content } = this.#read;
    const { received } = this.#pump;
    if (received === 0) this.#checkVersion(version, content);
    const due = (into.offset + received) / BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES, (into.length ?? 0) - received);
    if (block !== due || length === 0) throw this.#wrong(`block ${block}, which was not its turn`);
    if (data.length !== length) throw this.#wrong(`${data.length} bytes for a block of ${length}`);
    this.#told.set(block, crc32);
    await this.#pump.write(data);
  }

  #checkVersion(version: ContentVersion__Output | null, content: SeedContent): void {
    const { length, etag, lastModified } = content;
    if (version === null || !isOneVersion(version, { length, etag, lastModified }))
      throw new ChangedError(`the seed ${this.#name} has another version`);
  }

  #wrong(what: string): IntegrityError {
    return new IntegrityError(`the seed ${this.#name} sent ${what}`);
  }

  #failure(error: unknown): P2pfsError {
    if (error instanceof P2pfsError) return error;
    const { code } = error as ServiceError;
    if (typeof code !== "number") return fromUnknown(error);
    const failure = streamFailure(this.#name, error as ServiceError);
    const extras = { cause: error, details: { status: code } };
    if (code === status.RESOURCE_EXHAUSTED) return new LimitError(failure.message, extras);
    return new UnavailableError(failure.message, extras);
  }
}
