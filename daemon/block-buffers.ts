/** Block buffers of the daemon, checked by the fastest CRC-32 this processor has; their memory goes back when it is not needed. */
import { BufferPool } from "../base/buffer-pool.ts";
import type { Clock } from "../base/clock.ts";
import { loadNativeAddon, NativeAddon } from "../native/linux/addon.ts";

/** @param budgetBytes see BufferPool */
export function blockBuffers(budgetBytes: number, clock: Clock): BufferPool {
  const addon = loadNativeAddon();
  if (!(addon instanceof NativeAddon)) return new BufferPool(budgetBytes, { clock });
  return new BufferPool(budgetBytes, {
    clock,
    checksum: addon.crc32,
    discard: (buffer) => addon.discardPages(buffer),
  });
}
