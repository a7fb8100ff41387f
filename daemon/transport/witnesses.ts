/**
 * What other hosts say the pieces of a task are (p2pfs.v1 Pieces/Manifest): a parent's own digest proves only that its bytes came
 * whole. Asks; who is believed is decided elsewhere.
 */
import { status } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { WITNESS_ANSWER_MS, WITNESS_GONE_MS, WITNESS_WITHOUT_SERVICE_MS } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { ManifestResponse__Output } from "../../proto/gen/p2pfs/v1/ManifestResponse.ts";
import { callUnary } from "../rpc/unary-call.ts";
import type { ParentChannels, UploadAddress } from "./parent-channels.ts";

/** A host that may have something to say. */
export interface WitnessHost extends UploadAddress {
  readonly hostId: string;
}

/** The content that is asked about, and its pieces. */
export interface WitnessQuestion {
  readonly taskId: string;
  readonly contentLength: number;
  readonly pieceLength: number;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  readonly first: number;
  /** At most MANIFEST_PIECES_MAX. */
  readonly count: number;
}

/** What a host says of one piece. */
export interface Testimony {
  readonly number: number;
  /** "crc32:<decimal>". */
  readonly digest: string;
  /** The peer or host it has it from; empty: the source. */
  readonly parentId: string;
}

/** The port; in tests hosts say what the test wants. */
export interface Witnesses {
  /** Whether it is worth asking now. */
  mayKnow(host: WitnessHost): boolean;
  /** What the host says, of the pieces it has. Never fails: a host that does not answer says nothing, and is not worth asking for a while. */
  ask(host: WitnessHost, question: WitnessQuestion, signal: AbortSignal): Promise<readonly Testimony[]>;
}

export interface HostWitnessesOptions {
  readonly clock: Clock;
  /** Closed by their owner. */
  readonly channels: ParentChannels;
  /** This host's, for the other's log. */
  readonly hostId: string;
}

export class HostWitnesses implements Witnesses {
  readonly #options: HostWitnessesOptions;
  /** Host id → until when it is not asked, monotonic ms. */
  readonly #silent = new Map<string, number>();

  constructor(options: HostWitnessesOptions) {
    this.#options = options;
  }

  mayKnow({ hostId }: WitnessHost): boolean {
    const untilMs = this.#silent.get(hostId);
    if (untilMs === undefined || untilMs > this.#options.clock.monotonicMs()) return untilMs === undefined;
    this.#silent.delete(hostId);
    return true;
  }

  async ask(
    host: WitnessHost,
    question: WitnessQuestion,
    signal: AbortSignal,
  ): Promise<readonly Testimony[]> {
    const { clock, channels, hostId } = this.#options;
    const { taskId, contentLength, pieceLength, etag, lastModified, first, count } = question;
    const version = {
      length: contentLength,
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
    };
    const request = { hostId, taskId, version, pieceLength, firstPiece: first, pieceCount: count };
    const what = `the host ${host.hostId} (${host.ip}:${host.uploadPort})`;
    try {
      const channel = channels.use(host);
      try {
        const { pieces } = await callUnary<ManifestResponse__Output>(
          { clock, what, afterMs: WITNESS_ANSWER_MS, signal },
          (answered) => channel.pieces.manifest(request, answered),
        );
        return pieces.filter(({ number }) => number >= first && number < first + count);
      } finally {
        channel.release();
      }
    } catch (error) {
      if (!signal.aborted) this.#failed(host, fromUnknown(error));
      return [];
    }
  }

  #failed(
    { hostId }: WitnessHost,
    { code, details }: { code: string; details: Readonly<Record<string, unknown>> },
  ): void {
    // It is there, and has nothing to say of this content.
    if (code === "NOT_FOUND") return;
    const isForeign = details.status === status.UNIMPLEMENTED;
    const forMs = isForeign ? WITNESS_WITHOUT_SERVICE_MS : WITNESS_GONE_MS;
    this.#silent.set(hostId, this.#options.clock.monotonicMs() + forMs);
  }
}
