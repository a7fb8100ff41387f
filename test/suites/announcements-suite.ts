/**
 * What every implementation of Announcements promises, whatever a parent says: each wanted piece once, as it is finished, an
 * end when the parent has told all it will, and an error that says what to think of the parent.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fromUnknown } from "../../base/node-errors.ts";
import type {
  AnnouncedPiece,
  Announcements,
  AnnouncingParent,
} from "../../daemon/transport/announcements.ts";
import { until } from "../base/promises.ts";

/** A parent as its task tells of itself; the test is its master. */
export interface ToldParent {
  readonly address: AnnouncingParent;
  /** Resolves once so many children listen. */
  heardBy(count: number): Promise<void>;
  announce(piece: AnnouncedPiece): void;
  /** All it will tell was told. */
  end(): void;
  /** The connection breaks, or the parent's program ends. */
  breakOff(): void;
}

export interface AnnouncementsWorld {
  readonly announcements: Announcements;
  /** A parent that knows the task. */
  parent(taskId: string): Promise<ToldParent>;
  /** Lets the wait for a silent parent pass. */
  passSilence(): void;
  close(): Promise<void>;
}

const TASK = "cd".repeat(32);
const MIB = 1024 * 1024;

export function announcementsSuite(name: string, make: () => Promise<AnnouncementsWorld>): void {
  const inWorld = async (work: (world: AnnouncementsWorld) => Promise<void>) => {
    const world = await make();
    try {
      await work(world);
    } finally {
      await world.announcements.close();
      await world.close();
    }
  };
  const signal = () => AbortSignal.timeout(60_000);
  const pieceOf = ({ address }: ToldParent, number: number): AnnouncedPiece => ({
    number,
    offset: number * 4 * MIB,
    length: 4 * MIB,
    ip: address.ip,
    port: 4005,
  });
  /** Listens and gathers. */
  const listen = (world: AnnouncementsWorld, parent: ToldParent, pieces: number[], until = signal()) => {
    const told: AnnouncedPiece[] = [];
    const wanted = { taskId: TASK, pieces };
    const over = world.announcements.listen(parent.address, wanted, (piece) => void told.push(piece), until);
    over.catch(() => {});
    return { told, over };
  };

  describe(name, () => {
    test("tells what a parent has already, and what it finishes, until the parent has told all", () =>
      inWorld(async (world) => {
        const parent = await world.parent(TASK);
        parent.announce(pieceOf(parent, 1));
        const { told, over } = listen(world, parent, [0, 1, 2]);
        await until(() => told.length === 1);
        parent.announce(pieceOf(parent, 0));
        await until(() => told.length === 2);
        parent.announce(pieceOf(parent, 2));
        await until(() => told.length === 3);
        parent.end();
        await over;
        assert.deepEqual(
          told,
          [1, 0, 2].map((number) => pieceOf(parent, number)),
        );
      }));

    test("tells no piece twice, and none that was not asked for", () =>
      inWorld(async (world) => {
        const parent = await world.parent(TASK);
        const { told, over } = listen(world, parent, [3, 4]);
        await parent.heardBy(1);
        for (const number of [9, 3, 3, 4]) parent.announce(pieceOf(parent, number));
        await until(() => told.length === 2);
        parent.end();
        await over;
        assert.deepEqual(
          told.map(({ number }) => number),
          [3, 4],
        );
      }));

    test("many listen to one parent, each for his own pieces, and to many parents at once", () =>
      inWorld(async (world) => {
        const [first, second] = [await world.parent(TASK), await world.parent(TASK)];
        const a = listen(world, first, [0, 1]);
        const b = listen(world, first, [1, 2]);
        const c = listen(world, second, [2]);
        await first.heardBy(2);
        await second.heardBy(1);
        for (const parent of [first, second])
          for (const number of [0, 1, 2]) parent.announce(pieceOf(parent, number));
        await until(() => a.told.length + b.told.length + c.told.length === 5);
        first.end();
        second.end();
        await Promise.all([a.over, b.over, c.over]);
        assert.deepEqual(
          [a, b, c].map(({ told }) => told.map(({ number }) => number)),
          [[0, 1], [1, 2], [2]],
        );
      }));

    test("a parent that does not know the task is NOT_FOUND, one that breaks off UNAVAILABLE, and what came was told", () =>
      inWorld(async (world) => {
        const parent = await world.parent(TASK);
        const unknown = world.announcements.listen(
          parent.address,
          { taskId: "ef".repeat(32), pieces: [0] },
          () => assert.fail("nothing is known of it"),
          signal(),
        );
        await assert.rejects(unknown, { code: "NOT_FOUND" });
        const { told, over } = listen(world, parent, [0, 1]);
        parent.announce(pieceOf(parent, 0));
        await until(() => told.length === 1);
        parent.breakOff();
        await assert.rejects(over, (error) => fromUnknown(error).code === "UNAVAILABLE");
        assert.equal(told.length, 1);
      }));

    test("a parent that says nothing for long is DEADLINE, and each word of it begins the wait anew", () =>
      inWorld(async (world) => {
        const parent = await world.parent(TASK);
        const { told, over } = listen(world, parent, [0, 1]);
        await parent.heardBy(1);
        parent.announce(pieceOf(parent, 0));
        await until(() => told.length === 1);
        const timer = setInterval(() => world.passSilence(), 5);
        await assert.rejects(over, { code: "DEADLINE" }).finally(() => clearInterval(timer));
      }));

    test("giving up and closing end the wait with their reasons", () =>
      inWorld(async (world) => {
        const parent = await world.parent(TASK);
        const giveUp = new AbortController();
        const given = listen(world, parent, [0], giveUp.signal);
        const left = listen(world, parent, [0]);
        await parent.heardBy(2);
        giveUp.abort(new Error("enough"));
        await assert.rejects(given.over, /enough/);
        await world.announcements.close();
        await assert.rejects(left.over, { code: "CLOSED" });
        await world.announcements.close();
        await assert.rejects(listen(world, parent, [0]).over, { code: "CLOSED" });
        await assert.rejects(listen(world, parent, [0], giveUp.signal).over, /enough/);
      }));
  });
}
