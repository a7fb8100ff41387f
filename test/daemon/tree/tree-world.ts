/** A tree over the real engine, a storage in memory, origins in memory and a clock that the test moves. */
import assert from "node:assert/strict";
import { readSync } from "node:fs";
import { type Clock, FakeClock, type Timer } from "../../../base/clock.ts";
import { ORIGIN_STALE_WAIT_MS } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { Engine } from "../../../daemon/engine/engine.ts";
import { OriginsDown } from "../../../daemon/engine/origins-down.ts";
import { StandaloneScheduler } from "../../../daemon/scheduler/standalone.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import { Tree, type TreeOptions } from "../../../daemon/tree/tree.ts";
import type { ListedEntry, SourceNode } from "../../../fs/content-source.ts";
import { MemoryWeb } from "./memory-web.ts";

export class TreeWorld {
  /** Moved by the test, unless the world was opened over real servers. */
  readonly clock = new WatchedClock();
  readonly #clock: Clock;
  readonly web = new MemoryWeb();
  readonly storage: MemoryStorage;
  readonly #options: Partial<TreeOptions>;
  engine!: Engine;
  tree!: Tree;

  private constructor(storage: MemoryStorage, options: Partial<TreeOptions>) {
    this.storage = storage;
    this.#clock = options.clock ?? this.clock;
    this.#options = options;
  }

  static async open(options: Partial<TreeOptions> = {}): Promise<TreeWorld> {
    const world = new TreeWorld(await MemoryStorage.open(), options);
    await world.#start();
    return world;
  }

  async #start(): Promise<void> {
    const clock = this.#clock;
    const down = new OriginsDown(clock);
    const sourceOf = this.#options.sourceOf ?? (() => this.web);
    this.engine = new Engine({
      clock,
      random: () => 0.5,
      log: silentLogger,
      storage: this.storage,
      sourceOf,
      scheduler: new StandaloneScheduler(),
      newPeerId: () => "127.0.0.1-host-0",
      down,
    });
    this.tree = await Tree.open({
      engine: this.engine,
      sourceOf,
      facts: this.storage.facts,
      clock,
      log: silentLogger,
      roots: [],
      consistency: "stale-if-error",
      attributeTimeoutMs: 10_000,
      negativeMs: 1_000,
      controls: {},
      usage: () => this.storage.usage(),
      down,
      ...this.#options,
    });
  }

  /** Ends the daemon's life and begins another on the same storage. */
  async restart(): Promise<void> {
    await this.tree.close();
    await this.engine.close();
    await this.#start();
  }

  async close(): Promise<void> {
    await this.tree.close();
    await this.engine.close();
    await this.storage.close();
  }

  /** Looks a path up name by name, as the kernel does; undefined where a name is absent. */
  async find(path: string): Promise<SourceNode | undefined> {
    let node: SourceNode | undefined = this.tree.root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      node = await this.tree.lookup(node, name);
      if (node === undefined) return undefined;
    }
    return node;
  }

  async node(path: string): Promise<SourceNode> {
    const node = await this.find(path);
    assert.ok(node !== undefined, `${path} exists`);
    return node;
  }

  /** "file", "directory", or the errno that stat(2) would give. */
  async kind(path: string): Promise<string> {
    try {
      return (await this.find(path))?.kind ?? "ENOENT";
    } catch (error) {
      return (error as { errno?: string }).errno ?? String(error);
    }
  }

  async size(path: string): Promise<number> {
    return (await this.tree.attributes(await this.node(path))).size;
  }

  async entries(path: string): Promise<ListedEntry[]> {
    const entries: ListedEntry[] = [];
    for await (const page of this.tree.list(await this.node(path))) entries.push(...page);
    return entries;
  }

  /** Names in a directory, in the origin's order. */
  async ls(path: string): Promise<string[]> {
    return (await this.entries(path)).map(({ name }) => name);
  }

  async cat(path: string): Promise<string> {
    const content = await this.tree.open(await this.node(path));
    try {
      if ("bytes" in content) return Buffer.from(content.bytes).toString();
      const { size } = content.attributes;
      await content.want({ offset: 0, length: size }, "demand");
      const bytes = Buffer.alloc(size);
      assert.equal(readSync(content.fd, bytes, 0, size, 0), size);
      return bytes.toString();
    } finally {
      await content.close();
    }
  }

  /**
   * What `act` answers when nobody answers it, moving the clock past the waits for older answers to stand in; and how
   * long it waited in all, ms.
   */
  async inSilence<T>(act: () => Promise<T>): Promise<{ answer: T; waitedMs: number }> {
    const beganMs = this.clock.nowMs();
    let over = false;
    const acting = act().finally(() => {
      over = true;
    });
    // Its failure is met below.
    acting.catch(() => {});
    while (!over) {
      for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      // The disk is no wait of the clock's.
      if (process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"))) continue;
      const waitMs = this.clock.shortestWaitMs(ORIGIN_STALE_WAIT_MS);
      if (!over && waitMs !== undefined) this.clock.advance(waitMs);
    }
    return { answer: await acting, waitedMs: this.clock.nowMs() - beganMs };
  }
}

/** A fake clock that tells what waits in it. */
class WatchedClock extends FakeClock {
  readonly #waiting = new Set<{ readonly untilMs: number }>();

  override schedule(delayMs: number, fire: () => void): Timer {
    const wait = { untilMs: this.nowMs() + Math.max(0, delayMs) };
    this.#waiting.add(wait);
    const timer = super.schedule(delayMs, () => {
      this.#waiting.delete(wait);
      fire();
    });
    return {
      cancel: () => {
        this.#waiting.delete(wait);
        timer.cancel();
      },
    };
  }

  /** Time to the next timer that is at most `mostMs` away. */
  shortestWaitMs(mostMs: number): number | undefined {
    const waits = [...this.#waiting].map(({ untilMs }) => untilMs - this.nowMs());
    const shortest = Math.min(...waits);
    return shortest <= mostMs ? shortest : undefined;
  }
}
