/** Block buffers of the daemon, checked by the fastest CRC-32 this processor has. */
import { BufferPool } from "../base/buffer-pool.ts";
import { loadNativeAddon, NativeAddon } from "../native/linux/addon.ts";

/** @param budgetBytes see BufferPool */
export function blockBuffers(budgetBytes: number): BufferPool {
  const addon = loadNativeAddon();
  return new BufferPool(budgetBytes, addon instanceof NativeAddon ? addon.crc32 : undefined);
}
