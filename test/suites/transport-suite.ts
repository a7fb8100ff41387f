/**
 * What every Transport promises, whatever carries the pieces: right bytes at their place, told only once they were checked,
 * or an error that says what to do with the parent. The parents misbehave below the transport, on the wire.
 */
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import { crc32Digest } from "../../base/crc32.ts";
import type { Destination } from "../../base/destination.ts";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { Parent, Transport } from "../../daemon/transport/transport.ts";
import { randomContent } from "../origin/content.ts";

/** What a parent does with a request; "serve" is all well. */
export type ParentBehaviour =
  | "serve"
  | "altered bytes"
  | "altered bytes with their digest"
  | "no digest"
  | "another number"
  | "another offset"
  | "another length"
  | "not found"
  | "refuse"
  | "close at once"
  | "close in the middle"
  | "garbage"
  | "silence"
  | "a byte a second";

/** A parent's pieces, as it holds them. */
export interface ParentPiece {
  readonly taskId: string;
  readonly number: number;
  readonly offset: number;
  readonly bytes: Buffer;
}

export interface TransportWorld {
  readonly transport: Transport;
  /** A parent that behaves so for this piece. */
  parent(piece: ParentPiece, behaviour: ParentBehaviour): Promise<Parent>;
  /** Lets the wait for a silent parent pass. */
  passSilence(): void;
  /** Lets a second pass, in which a parent that sends a byte a second has sent one. */
  passSecond(): void;
  close(): Promise<void>;
}

const TASK = "ab".repeat(32);
const PIECE_BYTES = 4 * BLOCK_BYTES;

const folder = mkdtempSync(join(tmpdir(), "p2pfs-transport-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function pieceOf(number: number, length: number): ParentPiece {
  const bytes = randomContent(length, number + 1).read(0, length);
  return { taskId: TASK, number, offset: number * PIECE_BYTES, bytes };
}

/** A content file, and what was told of it. */
function destination(piece: ParentPiece, present: readonly number[] = []) {
  const fd = openSync(join(folder, `content-${files++}`), "w+");
  const told: { block: number; length: number; crc: number }[] = [];
  const first = piece.offset / BLOCK_BYTES;
  const blockOf = (index: number) => piece.bytes.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
  for (const index of present)
    writeSync(fd, blockOf(index), 0, BLOCK_BYTES, piece.offset + index * BLOCK_BYTES);
  const into: Destination = {
    fd,
    offset: piece.offset,
    length: piece.bytes.length,
    has: (block) => present.includes(block - first),
    onBlock: (block, length, crc) => void told.push({ block, length, crc }),
  };
  return {
    into,
    told,
    content: () => {
      const bytes = Buffer.alloc(piece.bytes.length);
      readSync(fd, bytes, 0, bytes.length, piece.offset);
      return bytes;
    },
    close: () => closeSync(fd),
  };
}

function toldOf({ bytes, offset }: ParentPiece) {
  return Array.from({ length: Math.ceil(bytes.length / BLOCK_BYTES) }, (_, index) => {
    const block = bytes.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
    return { block: offset / BLOCK_BYTES + index, length: block.length, crc: crc32(block) };
  });
}

/** Behaviour → the code of the error that tells what to do with the parent. */
const FAILURES: Readonly<Partial<Record<ParentBehaviour, string>>> = {
  "altered bytes": "INTEGRITY",
  "another number": "INTEGRITY",
  "another offset": "INTEGRITY",
  "another length": "INTEGRITY",
  garbage: "INTEGRITY",
  "not found": "NOT_FOUND",
  refuse: "UNAVAILABLE",
  "close at once": "UNAVAILABLE",
  "close in the middle": "UNAVAILABLE",
};

export function transportSuite(name: string, make: () => Promise<TransportWorld>): void {
  const inWorld = async (work: (world: TransportWorld) => Promise<void>) => {
    const world = await make();
    try {
      await work(world);
    } finally {
      await world.close();
    }
  };
  const signal = () => AbortSignal.timeout(60_000);

  describe(name, () => {
    test("brings pieces to their place, whole and short ones, and tells each block once", () =>
      inWorld(async ({ transport, parent }) => {
        for (const length of [1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, PIECE_BYTES]) {
          const piece = pieceOf(3, length);
          const file = destination(piece);
          const { number } = piece;
          const wanted = { taskId: TASK, piece: number, into: file.into };
          const result = await transport.fetch(await parent(piece, "serve"), wanted, signal());
          assert.deepEqual(result, { length, digest: crc32Digest(crc32(piece.bytes)) });
          assert.ok(file.content().equals(piece.bytes), `${length} bytes`);
          assert.deepEqual(file.told, toldOf(piece));
          file.close();
        }
      }));

    test("brings many pieces at once", () =>
      inWorld(async ({ transport, parent }) => {
        const pieces = Array.from({ length: 12 }, (_, number) => pieceOf(number, PIECE_BYTES - number));
        await Promise.all(
          pieces.map(async (piece) => {
            const file = destination(piece);
            const wanted = { taskId: TASK, piece: piece.number, into: file.into };
            await transport.fetch(await parent(piece, "serve"), wanted, signal());
            assert.ok(file.content().equals(piece.bytes));
            file.close();
          }),
        );
      }));

    test("does not write what is here already, which readers may be looking at", () =>
      inWorld(async ({ transport, parent }) => {
        const piece = pieceOf(0, PIECE_BYTES);
        const file = destination(piece, [1]);
        writeSync(file.into.fd, Buffer.from("here"), 0, 4, BLOCK_BYTES);
        await transport.fetch(
          await parent(piece, "serve"),
          { taskId: TASK, piece: 0, into: file.into },
          signal(),
        );
        assert.equal(file.content().toString("latin1", BLOCK_BYTES, BLOCK_BYTES + 4), "here");
        assert.deepEqual(file.told, toldOf(piece));
        file.close();
      }));

    for (const [behaviour, code] of Object.entries(FAILURES) as [ParentBehaviour, string][])
      test(`a parent's "${behaviour}" is ${code}, names the parent, and no block is told`, () =>
        inWorld(async ({ transport, parent }) => {
          const piece = pieceOf(1, PIECE_BYTES - 5);
          const file = destination(piece);
          const from = await parent(piece, behaviour);
          const wanted = { taskId: TASK, piece: 1, into: file.into };
          await assert.rejects(transport.fetch(from, wanted, signal()), (error) => {
            const failure = fromUnknown(error);
            assert.equal(failure.code, code, failure.message);
            assert.ok(failure.message.includes(from.peerId), failure.message);
            return true;
          });
          assert.deepEqual(file.told, []);
          file.close();
        }));

    test("bytes that fit their parent's digest, but not the one that is known, are refused", () =>
      inWorld(async ({ transport, parent }) => {
        const piece = pieceOf(1, PIECE_BYTES);
        const file = destination(piece);
        const digest = crc32Digest(crc32(piece.bytes));
        const from = await parent(piece, "altered bytes with their digest");
        const wanted = { taskId: TASK, piece: 1, digest, into: file.into };
        await assert.rejects(transport.fetch(from, wanted, signal()), { code: "INTEGRITY" });
        assert.deepEqual(file.told, []);
        file.close();
      }));

    test("a parent that never computed a digest is believed, as Dragonfly's peers do, unless one is known", () =>
      inWorld(async ({ transport, parent }) => {
        const piece = pieceOf(1, PIECE_BYTES);
        for (const digest of [undefined, crc32Digest(crc32(piece.bytes)), "crc32:1"]) {
          const file = destination(piece);
          const from = await parent(piece, "no digest");
          const wanted = { taskId: TASK, piece: 1, into: file.into, ...(digest && { digest }) };
          const fetched = transport.fetch(from, wanted, signal());
          if (digest === "crc32:1") await assert.rejects(fetched, { code: "INTEGRITY" });
          else assert.equal((await fetched).digest, crc32Digest(crc32(piece.bytes)));
          file.close();
        }
      }));

    test("a silent parent is waited for no longer than the deadline", () =>
      inWorld(async ({ transport, parent, passSilence }) => {
        const piece = pieceOf(1, PIECE_BYTES);
        const file = destination(piece);
        const from = await parent(piece, "silence");
        const fetched = transport.fetch(from, { taskId: TASK, piece: 1, into: file.into }, signal());
        fetched.catch(() => {});
        const timer = setInterval(passSilence, 20);
        await assert.rejects(fetched, { code: "DEADLINE" }).finally(() => clearInterval(timer));
        file.close();
      }));

    test("a parent that sends a byte a second is waited for no longer than a silent one", () =>
      inWorld(async ({ transport, parent, passSecond }) => {
        const piece = pieceOf(1, PIECE_BYTES);
        const file = destination(piece);
        const from = await parent(piece, "a byte a second");
        const fetched = transport.fetch(from, { taskId: TASK, piece: 1, into: file.into }, signal());
        fetched.catch(() => {});
        let seconds = 0;
        const timer = setInterval(() => {
          seconds += 1;
          passSecond();
        }, 10);
        await assert.rejects(fetched, { code: "DEADLINE" }).finally(() => clearInterval(timer));
        assert.ok(seconds < 60, `${seconds} s`);
        assert.deepEqual(file.told, []);
        file.close();
      }));

    test("nobody listening is UNAVAILABLE; giving up rejects with the signal's reason", () =>
      inWorld(async ({ transport, parent }) => {
        const piece = pieceOf(1, PIECE_BYTES);
        const file = destination(piece);
        const wanted = { taskId: TASK, piece: 1, into: file.into };
        const nobody = { peerId: "nobody", hostId: "h", ip: "127.0.0.1", port: 1 };
        await assert.rejects(transport.fetch(nobody, wanted, signal()), { code: "UNAVAILABLE" });
        const reason = new Error("gave up");
        const giveUp = new AbortController();
        const fetched = transport.fetch(await parent(piece, "silence"), wanted, giveUp.signal);
        giveUp.abort(reason);
        await assert.rejects(fetched, reason);
        await assert.rejects(transport.fetch(nobody, wanted, AbortSignal.abort(reason)), reason);
        file.close();
      }));

    test("close ends what is under way, and is idempotent", () =>
      inWorld(async ({ transport, parent }) => {
        const piece = pieceOf(1, PIECE_BYTES);
        const file = destination(piece);
        const wanted = { taskId: TASK, piece: 1, into: file.into };
        const fetched = transport.fetch(await parent(piece, "silence"), wanted, signal());
        fetched.catch(() => {});
        await transport.close();
        await assert.rejects(fetched, { code: "CLOSED" });
        await transport.close();
        await assert.rejects(transport.fetch(await parent(piece, "serve"), wanted, signal()), {
          code: "CLOSED",
        });
        file.close();
      }));
  });
}
