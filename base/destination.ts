/**
 * Where fetched bytes go: a place in a file, not a buffer. Sources and transports are told to fetch into one, and
 * move the bytes with `FilePump` (base/file-pump.ts) or natively; the engine never sees a piece's bytes.
 */

/**
 * A stretch of a content file to be filled in order. `offset` is a multiple of BLOCK_BYTES, and the end is too unless
 * it is the end of the content. The descriptor belongs to the storage and outlives the fetch.
 */
export interface Destination {
  readonly fd: number;
  /** First byte to fill, in bytes from the start of the content (and of the file: they are the same). */
  readonly offset: number;
  /** Bytes to fill, exactly; undefined when the content's length is unknown: then everything until the end of the answer. */
  readonly length: number | undefined;
  /**
   * Whether the block is in the file already. Such a block is checked, not written: a reader may be looking at it. Then too `onBlock`
   * is called, and throws where the CRC differs from what is there.
   */
  has?(block: number): boolean;
  /**
   * Called once per block, in order, after all bytes of the block are in the file.
   * @param block index of the block in the content (offset / BLOCK_BYTES)
   * @param length its length in bytes; shorter than BLOCK_BYTES only for the content's last block
   * @param crc32 CRC-32 (IEEE 802.3) of its bytes, unsigned
   */
  onBlock(block: number, length: number, crc32: number): void;
}

/** What a finished fetch answers. */
export interface FetchResult {
  /** Bytes written, from the destination's offset. */
  readonly length: number;
}
