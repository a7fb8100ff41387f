/** The edge by which a host has single blocks of the seed peer, which gets what it lacks from the source: p2pfs.v1 Pieces/Want. */
import { sleep } from "../../base/deadline.ts";
import type { FetchResult } from "../../base/destination.ts";
import { LimitError } from "../../base/errors.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import type { OpenTask } from "../../daemon/engine/open-task.ts";
import type { Seed, SeedRead, Seeds } from "../../daemon/transport/seeds.ts";
import { CRC } from "./sim-content.ts";
import type { SimHost } from "./sim-host.ts";

export class Asking implements Seeds {
  readonly #host: SimHost;
  readonly #seed: SimHost;

  constructor(host: SimHost, seed: SimHost) {
    this.#host = host;
    this.#seed = seed;
  }

  prepare(): void {}

  of(): Seed {
    const { id: hostId, ip, uploadPort } = this.#seed;
    return { hostId, ip, uploadPort };
  }

  async known(): Promise<void> {}

  /** As the real server of them does: what it has no time for is refused, all is wanted at once, each block is sent as it comes. */
  async read(_: Seed, { content, priority, into }: SeedRead, signal: AbortSignal): Promise<FetchResult> {
    const { world, latencyMs } = this.#host;
    const { offset, length = 0 } = into;
    await sleep(world.clock, 2 * latencyMs, signal);
    const task = await this.#seed.load(content.taskId, content.download.url ?? "").open();
    try {
      const first = offset / BLOCK_BYTES;
      if (priority === "demand" && task.isBusyFarFrom(first))
        throw new LimitError("the seed streams another part");
      task.want({ offset, length }, priority, signal).catch(() => {});
      for (let block = first; block * BLOCK_BYTES < offset + length; block += 1)
        await this.#block(task, block, priority, signal, into);
      return { length };
    } finally {
      await task.close();
    }
  }

  async #block(
    task: OpenTask,
    block: number,
    priority: SeedRead["priority"],
    signal: AbortSignal,
    into: SeedRead["into"],
  ): Promise<void> {
    await task.want({ offset: block * BLOCK_BYTES, length: BLOCK_BYTES }, priority, signal);
    await this.#host.transfers.ofSeed(this.#seed, block);
    into.onBlock(block, BLOCK_BYTES, CRC);
  }

  async close(): Promise<void> {}
}
