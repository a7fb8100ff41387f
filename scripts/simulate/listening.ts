/** The edge by which hosts tell each other of their pieces: the real server of SyncPieces, over a wire that only takes its time. */
import { DeadlineError, NotFoundError } from "../../base/errors.ts";
import { PARENT_ANSWER_MS, PARENT_SILENCE_MS } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { PieceSyncs } from "../../daemon/server/sync-pieces.ts";
import type {
  AnnouncedPiece,
  Announcements,
  AnnouncingParent,
} from "../../daemon/transport/announcements.ts";
import type { SyncPiecesResponse } from "../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import type { SimHost } from "./sim-host.ts";

const PIECE_PORT = 4005;

/** A child that listens to this host. */
interface Child {
  /** This host has died. */
  readonly lose: () => void;
}

export class Listening implements Announcements {
  readonly #host: SimHost;
  readonly #server: PieceSyncs;
  readonly #children = new Set<Child>();

  constructor(host: SimHost) {
    this.#host = host;
    this.#server = new PieceSyncs({
      engine: {
        record: (id) => host.tasks.get(id)?.content.record,
        openKnown: async (id) => {
          const task = host.tasks.get(id);
          if (task === undefined) throw new NotFoundError("no such task");
          return task.open();
        },
      },
      clock: host.world.clock,
      address: () => ({ ip: host.ip, tcpPort: PIECE_PORT }),
      shares: true,
    });
  }

  listen(
    { ip }: AnnouncingParent,
    { taskId, pieces }: { readonly taskId: string; readonly pieces: readonly number[] },
    onPiece: (piece: AnnouncedPiece) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const child = this.#host;
    const { world } = child;
    const parent = world.byIp.get(ip);
    const children = parent === undefined ? undefined : parent.listening.#children;
    return new Promise((resolve, reject) => {
      const gone = new AbortController();
      let heardMs = world.clock.nowMs();
      const leave = () => {
        children?.delete(listener);
        gone.abort();
        reject(signal.reason);
      };
      const over = (error?: unknown) => {
        signal.removeEventListener("abort", leave);
        children?.delete(listener);
        if (error === undefined) resolve();
        else reject(error);
      };
      const listener: Child = {
        lose: () => {
          gone.abort();
          const silentMs = world.clock.nowMs() - heardMs;
          world.clock.schedule(PARENT_SILENCE_MS - silentMs, () => over(silence()));
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      if (parent === undefined || parent.isDead) {
        world.clock.schedule(PARENT_ANSWER_MS, () => over(silence()));
        return;
      }
      children?.add(listener);
      const hear = ({ number = 0 }: SyncPiecesResponse) => {
        heardMs = world.clock.nowMs();
        if (signal.aborted || parent.isDead) return;
        child.tasks.get(taskId)?.heard(number);
        onPiece(placeOf(parent, number));
      };
      const request = { hostId: child.id, taskId, interestedPieceNumbers: [...pieces] };
      world.later(child, () => {
        if (gone.signal.aborted) return;
        if (world.settings.reverse) parent.tasks.get(taskId)?.joinedBy(child);
        const send = async (message: SyncPiecesResponse) => world.later(parent, () => hear(message));
        parent.listening.#server.serve(request, send, gone.signal).then(
          () => world.later(parent, () => over()),
          (error) => world.later(parent, () => over(fromUnknown(error))),
        );
      });
    });
  }

  /** This host has died: who listens to it hears nothing any more. */
  end(): void {
    for (const { lose } of this.#children) lose();
    this.#children.clear();
  }

  async close(): Promise<void> {}
}

function placeOf({ ip }: SimHost, number: number): AnnouncedPiece {
  return { number, offset: 0, length: 0, ip, port: PIECE_PORT };
}

function silence(): DeadlineError {
  return new DeadlineError("the parent said nothing for too long");
}
