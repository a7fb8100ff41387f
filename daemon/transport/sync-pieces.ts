/**
 * Listening to parents over dfdaemon.v2 SyncPieces. What a parent says is checked before anybody acts on it: pieces that were
 * asked for, each once, at addresses that it may name.
 */
import { setMaxListeners } from "node:events";
import { BlockList, isIP } from "node:net";
import type { ClientReadableStream, Metadata, ServiceError } from "@grpc/grpc-js";
import type { Clock } from "../../base/clock.ts";
import { deadlineSignal } from "../../base/deadline.ts";
import { IntegrityError, UnavailableError } from "../../base/errors.ts";
import { PARENT_ANSWER_MS, PARENT_SILENCE_MS } from "../../base/limits.ts";
import type { SyncPiecesResponse__Output } from "../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import { PIECE_TLS_KEY } from "../tls/piece-tls-key.ts";
import type { AnnouncedPiece, Announcements, AnnouncingParent } from "./announcements.ts";
import type { ParentChannels } from "./parent-channels.ts";
import { streamFailure, takeBack } from "./stream-failure.ts";

export interface SyncPiecesOptions {
  /** Closed by their owner, after this. */
  readonly channels: ParentChannels;
  readonly clock: Clock;
  /** This host's, for the parent's log. */
  readonly hostId: string;
  /** download.collectedPieceTimeout, ms; default PARENT_SILENCE_MS. */
  readonly silenceMs?: number;
}

export class SyncPiecesAnnouncements implements Announcements {
  readonly #options: SyncPiecesOptions;
  readonly #closing = new AbortController();

  constructor(options: SyncPiecesOptions) {
    this.#options = options;
    // One for each parent that is listened to; how many there are is bounded where they are chosen.
    setMaxListeners(0, this.#closing.signal);
  }

  async listen(
    parent: AnnouncingParent,
    wanted: { readonly taskId: string; readonly pieces: readonly number[] },
    onPiece: (piece: AnnouncedPiece) => void,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    const { channels, clock, hostId, silenceMs = PARENT_SILENCE_MS } = this.#options;
    const name = `${parent.peerId} (${parent.ip}:${parent.uploadPort})`;
    const waiting = new Set(wanted.pieces);
    const channel = channels.use(parent);
    const what = `a word of the parent ${name}`;
    const deadline = deadlineSignal(clock, what, PARENT_ANSWER_MS, signal);
    const onClosing = () => end?.(this.#closing.signal.reason);
    let end: ((error: unknown) => void) | undefined;
    let call: ClientReadableStream<SyncPiecesResponse__Output> | undefined;
    this.#closing.signal.addEventListener("abort", onClosing, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        end = reject;
        deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
        call = channel.client.syncPieces({
          hostId,
          taskId: wanted.taskId,
          interestedPieceNumbers: [...wanted.pieces],
        });
        let offersTls = false;
        call.on("metadata", (headers: Metadata) => {
          offersTls = headers.get(PIECE_TLS_KEY).length > 0;
          deadline.extend(silenceMs);
        });
        call.on("data", (message: SyncPiecesResponse__Output) => {
          deadline.extend(silenceMs);
          try {
            const piece = checkedPiece(parent, name, message);
            // Dragonfly's own peers may tell a piece twice, and one that was not asked for is no use to anybody.
            if (piece !== undefined && waiting.delete(piece.number))
              onPiece(offersTls ? { ...piece, offersTls } : piece);
          } catch (error) {
            reject(error);
          }
        });
        call.on("error", (error: ServiceError) => reject(streamFailure(name, error)));
        call.on("end", resolve);
      });
    } finally {
      takeBack(call);
      deadline.close();
      this.#closing.signal.removeEventListener("abort", onClosing);
      channel.release();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new UnavailableError("the daemon is stopping", {}, "CLOSED"));
  }
}

/** Loopback, unspecified, link-local and multicast: no place of another host. Mapped IPv4 is looked up as what it maps. */
const NO_HOST = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 3],
] as const)
  NO_HOST.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  NO_HOST.addSubnet(net, prefix, "ipv6");

/**
 * @returns undefined for a piece that is not served over TCP
 * @throws IntegrityError for what no honest parent says
 */
function checkedPiece(
  parent: AnnouncingParent,
  name: string,
  message: SyncPiecesResponse__Output,
): AnnouncedPiece | undefined {
  const { number, offset, length, ip, tcpPort: port } = message;
  if (port === undefined) return undefined;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length))
    throw new IntegrityError(`the parent ${name} tells of a piece beyond all files`);
  const version = isIP(ip);
  // A parent says where it is itself, perhaps at another of its addresses; it does not send us to this host's own services.
  const isPlace = ip === parent.ip || (version !== 0 && !NO_HOST.check(ip, version === 6 ? "ipv6" : "ipv4"));
  if (!isPlace || port < 1 || port > 65_535)
    throw new IntegrityError(`the parent ${name} names a place that is none: ${ip.slice(0, 64)}:${port}`);
  return { number, offset, length, ip, port };
}
