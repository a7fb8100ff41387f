/** What is simulated: the published model of hosts, links and faults, and one run's settings. */

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export const MODEL = {
  fileBytes: 64 * GIB,
  /** What Dragonfly's rule gives such a file. */
  pieceBytes: 64 * MIB,
  /** Bits a second of hosts' access links, the same both ways; spread evenly over their logarithm. */
  linkMin: 1e9,
  linkMax: 10e9,
  /** Of the seed peer and of the source. */
  seedLink: 10e9,
  sourceLink: 10e9,
  /** One way between two hosts, ms: most are near, some are not. */
  nearMs: 0.25,
  farMs: 10,
  farShare: 0.05,
  /** Hosts that register do so within this time, ms. */
  startSpreadMs: 2_000,
  /** With faults: shares of hosts that die, send nothing that they were asked for, and send wrong bytes. */
  churnShare: 0.01,
  stallingShare: 0.01,
  lyingShare: 0.01,
  /** download.concurrentPieceCount. */
  fetchesMax: 8,
} as const;

/** One run. */
export interface Settings {
  readonly hosts: number;
  /** How many files, the most popular first (Zipf). Default 1. */
  readonly files: number;
  readonly fileBytes: number;
  readonly faults: boolean;
  /** A parent fetches from its children what it lacks (SyncPieces the other way round). */
  readonly reverse: boolean;
  /** Distant pieces in the order of their rarity, from another place at each host; else in the file's order. */
  readonly rotation: boolean;
  readonly seed: number;
  readonly epochMs: number;
}

/** The same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function linkRate(random: () => number): number {
  return MODEL.linkMin * (MODEL.linkMax / MODEL.linkMin) ** random();
}
