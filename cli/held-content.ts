/** A task's content file as the daemon tells it: held by a call that lasts, so that no byte goes while it is copied. */
import type { ServiceError } from "@grpc/grpc-js";
import { P2pfsError } from "../base/errors.ts";
import { CALL_MS } from "../base/limits.ts";
import { type DaemonClient, fromServiceError } from "./daemon-client.ts";

export interface HeldContent {
  /** Absolute path of the content file, pieces in place. Only to be read. */
  readonly path: string;
  /** Bytes. */
  readonly contentLength: number;
  /** @throws P2pfsError UNAVAILABLE when the daemon has gone: what was read since may have been nothing */
  assertHeld(): void;
  /** Lets it go. Idempotent. */
  close(): void;
}

/** Whoever opened it closes it. @throws P2pfsError NOT_FOUND, NOT_SUPPORTED, UNAVAILABLE, DEADLINE */
export function holdContent(
  { control }: Pick<DaemonClient, "control">,
  taskId: string,
): Promise<HeldContent> {
  return new Promise((resolve, reject) => {
    const call = control.openContent({ taskId });
    let lost: P2pfsError | undefined;
    let closed = false;
    const late = setTimeout(() => {
      reject(new P2pfsError("DEADLINE", "the daemon does not say where its content lies"));
      call.cancel();
    }, CALL_MS);
    const end = (error: P2pfsError) => {
      clearTimeout(late);
      if (!closed) lost ??= error;
      reject(error);
    };
    call.on("error", (error: ServiceError) => end(fromServiceError(error)));
    call.on("end", () => end(new P2pfsError("UNAVAILABLE", "the daemon has stopped")));
    call.once("data", ({ path, contentLength }: { path: string; contentLength: number }) => {
      clearTimeout(late);
      resolve({
        path,
        contentLength,
        assertHeld() {
          if (lost !== undefined) throw lost;
        },
        close() {
          closed = true;
          call.cancel();
        },
      });
    });
  });
}
