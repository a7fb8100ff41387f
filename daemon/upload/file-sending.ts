/** The kernel sends pieces by itself where this machine's addon can have it do so. */
import { PIECE_SEND_STALL_MS } from "../../base/limits.ts";
import type { Logger } from "../../base/logger.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import { loadNativeAddon, NativeAddon } from "../../native/linux/addon.ts";
import { FileSender } from "../../native/linux/file-sender.ts";
import type { SendFile } from "../transport/vortex/piece-server.ts";

/** Closed by whoever opened it. */
export interface FileSending {
  readonly sendFile?: SendFile;
  /** Idempotent. */
  close(): void;
}

/** Without the addon, or threads, there is nothing in it: pieces are read and written then. */
export function openFileSending(log: Logger): FileSending {
  const addon = loadNativeAddon();
  if (!(addon instanceof NativeAddon)) return { close() {} };
  try {
    const sender = addon.openFileSender();
    return {
      sendFile(socket, file, signal) {
        const descriptor = FileSender.descriptorOf(socket);
        return descriptor === undefined
          ? undefined
          : sender.send(descriptor, file, PIECE_SEND_STALL_MS, signal);
      },
      close: () => sender.close(),
    };
  } catch (error) {
    log.warn({ reason: fromUnknown(error).message }, "pieces-not-sent-by-kernel");
    return { close() {} };
  }
}
