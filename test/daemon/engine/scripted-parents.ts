/**
 * A swarm for engine tests: a scheduler that says what the test tells it to, parents that have the pieces the test gives
 * them, and a transport whose answers the test steers. Bytes go through the real FilePump.
 */
import { crc32 } from "node:zlib";
import { BufferPool } from "../../../base/buffer-pool.ts";
import { crc32Digest } from "../../../base/crc32.ts";
import { NotFoundError, type P2pfsError } from "../../../base/errors.ts";
import { FilePump } from "../../../base/file-pump.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import type {
  CandidateParent,
  FinishedPiece,
  PeerRegistration,
  PeerSession,
  Placement,
  Scheduler,
} from "../../../daemon/scheduler/scheduler.ts";
import type { AnnouncedPiece, Announcements } from "../../../daemon/transport/announcements.ts";
import type { Parent, PieceFetch, Transport } from "../../../daemon/transport/transport.ts";
import { contentBlock } from "./scripted-source.ts";

export function parentNamed(name: string): CandidateParent {
  const none = { maxSendRate: 0, sendRate: 0 };
  return { peerId: name, hostId: `${name}-host`, ip: "10.0.0.1", uploadPort: 4000, ...none };
}

/** What a session was told. */
export interface Told {
  readonly registration: PeerRegistration;
  readonly finished: FinishedPiece[];
  readonly failed: { number: number; parentId: string }[];
  readonly reschedules: string[];
  outcome: string | undefined;
}

export class ScriptedScheduler implements Scheduler {
  readonly alone = false;
  readonly sessions: Told[] = [];
  /** Makes registrations fail. */
  down: P2pfsError | undefined;
  #placement: Placement;
  readonly #listeners = new Set<() => void>();

  constructor(placement: Placement = { kind: "unknown" }) {
    this.#placement = placement;
  }

  place(placement: Placement): void {
    this.#placement = placement;
    for (const listener of this.#listeners) listener();
  }

  async register(registration: PeerRegistration): Promise<PeerSession> {
    if (this.down !== undefined) throw this.down;
    const told: Told = { registration, finished: [], failed: [], reschedules: [], outcome: undefined };
    this.sessions.push(told);
    return {
      placement: () => this.#placement,
      onPlacement: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
      pieceFinished: (piece) => void told.finished.push(piece),
      pieceFailed: (piece) => void told.failed.push(piece),
      reschedule: (reason) => void told.reschedules.push(reason),
      end: async (outcome) => {
        told.outcome ??= outcome;
      },
    };
  }

  async close(): Promise<void> {}
}

export class ScriptedAnnouncements implements Announcements {
  readonly #listening = new Map<string, { tell: (piece: AnnouncedPiece) => void; end: () => void }>();
  /** Told to whoever listens later. */
  readonly #said = new Map<string, number[]>();
  readonly #pieceBytes: number;

  constructor(pieceBytes: number) {
    this.#pieceBytes = pieceBytes;
  }

  announce(peerId: string, pieces: readonly number[]): void {
    this.#said.set(peerId, [...(this.#said.get(peerId) ?? []), ...pieces]);
    for (const piece of pieces) this.#listening.get(peerId)?.tell(this.#announced(piece));
  }

  /** The parent has told all it will. */
  end(peerId: string): void {
    this.#listening.get(peerId)?.end();
  }

  listen(
    parent: { peerId: string },
    _wanted: unknown,
    onPiece: (piece: AnnouncedPiece) => void,
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listening.set(parent.peerId, { tell: onPiece, end: resolve });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      for (const piece of this.#said.get(parent.peerId) ?? []) onPiece(this.#announced(piece));
    });
  }

  async close(): Promise<void> {}

  #announced(number: number): AnnouncedPiece {
    const offset = number * this.#pieceBytes;
    return { number, offset, length: this.#pieceBytes, ip: "10.0.0.1", port: 4005 };
  }
}

export class ScriptedTransport implements Transport {
  readonly fetches: { parent: string; piece: number }[] = [];
  /** Its answer is thrown, or waited for, before anything is sent. */
  script: (fetch: { parent: string; piece: number }) => P2pfsError | Promise<void> | undefined = () =>
    undefined;
  /** Version of the bytes that a parent has. */
  versionOf: (peerId: string) => number = () => this.version;
  /** That of all parents, unless the test says otherwise. */
  version = 1;
  readonly #pool = new BufferPool(32 * BLOCK_BYTES);

  async fetch({ peerId }: Parent, { piece, into }: PieceFetch, signal: AbortSignal) {
    const fetch = { parent: peerId, piece };
    this.fetches.push(fetch);
    const steered = this.script(fetch);
    if (steered instanceof Promise) await Promise.race([steered, aborted(signal)]);
    else if (steered !== undefined) throw steered;
    if (into.length === undefined) throw new NotFoundError("a piece has a length");
    const blocks: [number, number, number][] = [];
    const onBlock = (...block: [number, number, number]) => void blocks.push(block);
    const pump = new FilePump({ ...into, onBlock }, this.#pool);
    const bytes = contentBlock(this.versionOf(peerId), into.offset, into.length);
    await pump.write(bytes);
    const result = await pump.end();
    for (const block of blocks) into.onBlock(...block);
    return { ...result, digest: crc32Digest(crc32(bytes)) };
  }

  async close(): Promise<void> {}
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
