/** What every Scheduler promises, whoever answers behind it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PeerRegistration, Scheduler } from "../../daemon/scheduler/scheduler.ts";

const registration: PeerRegistration = {
  taskId: "0".repeat(64),
  peerId: "127.0.0.1-host-1",
  url: "http://origin/file",
  tag: "",
  application: "",
  contentLength: 8 * 2 ** 20,
  pieceLength: 4 * 2 ** 20,
  pieceCount: 2,
};

export function schedulerSuite(name: string, make: () => Promise<Scheduler>): void {
  describe(name, () => {
    test("a registered peer always has a placement", async () => {
      const scheduler = await make();
      const session = await scheduler.register(registration, AbortSignal.timeout(5_000));
      assert.ok(["unknown", "parents", "back-to-source"].includes(session.placement().kind));
      await session.end("finished");
      await scheduler.close();
    });

    test("ending a session and closing the scheduler twice is harmless", async () => {
      const scheduler = await make();
      const session = await scheduler.register(registration, AbortSignal.timeout(5_000));
      session.pieceFinished({ number: 0, offset: 0, length: 4 * 2 ** 20, digest: "crc32:1", costMs: 3 });
      await session.end("idle");
      await session.end("finished");
      await scheduler.close();
      await scheduler.close();
    });

    test("what is told after the end is heard by nobody and harms nobody", async () => {
      const scheduler = await make();
      const session = await scheduler.register(registration, AbortSignal.timeout(5_000));
      await session.end("failed", { message: "the source failed" });
      session.pieceFinished({ number: 0, offset: 0, length: 4 * 2 ** 20, digest: "crc32:1", costMs: 3 });
      session.pieceFailed({ number: 1, parentId: "parent" });
      session.reschedule("none is of use");
      assert.ok(["unknown", "parents", "back-to-source"].includes(session.placement().kind));
      await session.end("finished");
      await scheduler.close();
    });

    test("who holds all may say so", async () => {
      const scheduler = await make();
      const complete = { ...registration, isComplete: true };
      const session = await scheduler.register(complete, AbortSignal.timeout(5_000));
      await session.end("finished");
      await scheduler.close();
    });

    test("an unsubscribed listener is not called", async () => {
      const scheduler = await make();
      const session = await scheduler.register(registration, AbortSignal.timeout(5_000));
      session.onPlacement(() => assert.fail("it was called"))();
      session.reschedule("none is of use");
      await session.end("idle");
      await scheduler.close();
    });

    test("a registration that nobody waits for any more is refused with the signal's reason", async () => {
      const scheduler = await make();
      const reason = new Error("gave up");
      await assert.rejects(scheduler.register(registration, AbortSignal.abort(reason)), reason);
      await scheduler.close();
    });
  });
}
