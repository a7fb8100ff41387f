/** What is simulated: the settings of a run, and the published model, which is what they are unless others are asked for. */

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** One run: the model of hosts, links and faults, and what they do. */
export interface Settings {
  /** Hosts that load a file, besides the seed peer. */
  readonly hosts: number;
  /** Their access links, bits a second, the same both ways, one for each host; undefined: between linkMin and linkMax. */
  readonly hostLinks: readonly number[] | undefined;
  /** Spread evenly over the logarithm, bits a second. */
  readonly linkMin: number;
  readonly linkMax: number;
  /** What hosts tell of their links, bits a second; undefined: what these are. */
  readonly toldLink: number | undefined;
  /** Of the seed peer, bits a second; undefined: there is none. */
  readonly seedLink: number | undefined;
  /** Of the source, bits a second. */
  readonly sourceLink: number;
  /** One way between two hosts, ms: most are near, some are not. */
  readonly nearMs: number;
  readonly farMs: number;
  readonly farShare: number;
  /**
   * How unevenly transfers share a link, as the standard deviation of the logarithm of what each gets: TCP's do, as chance will have
   * it. 0: all get the same.
   */
  readonly flowSpread: number;
  /** Hosts begin within this time, ms. */
  readonly startSpreadMs: number;
  /** When each host begins, ms; undefined: as chance will have it, within startSpreadMs. */
  readonly startsMs: readonly number[] | undefined;
  /** How many files, the most popular first (Zipf). */
  readonly files: number;
  readonly fileBytes: number;
  readonly pieceBytes: number;
  /**
   * Bytes of the model that are one block of the engine's, which is 1 MiB. The engine then decides about a file of `fileBytes /
   * grainBytes` MiB while the network carries `fileBytes`. Default: a piece, so that there are no decisions within a piece; with readers an eighth.
   */
  readonly grainBytes: number;
  /** download.concurrentPieceCount. */
  readonly fetchesMax: number;
  /** Some hosts die, some send nothing that they were asked for, some send wrong bytes: these shares of them. */
  readonly faults: boolean;
  readonly churnShare: number;
  readonly stallingShare: number;
  readonly lyingShare: number;
  /** All hosts read the file in order, as fast as their links are, through the mount's read windows; else they copy it. */
  readonly readers: boolean;
  /** A parent fetches from its children what it lacks (SyncPieces the other way round). */
  readonly reverse: boolean;
  /** Distant pieces in the order of their rarity, from another place at each host; else in the file's order. */
  readonly rotation: boolean;
  /** Of all that is drawn. */
  readonly seed: number;
  /** Between two looks at everybody's fair share of the links, ms. */
  readonly epochMs: number;
}

/** Blocks of the engine's in a piece where there are readers. */
const READER_GRAINS = 8;

/** The published model. */
export const MODEL: Settings = {
  hosts: 1_000,
  hostLinks: undefined,
  linkMin: 1e9,
  linkMax: 10e9,
  toldLink: undefined,
  seedLink: 10e9,
  sourceLink: 10e9,
  nearMs: 0.25,
  farMs: 10,
  farShare: 0.05,
  flowSpread: 0,
  startSpreadMs: 2_000,
  startsMs: undefined,
  files: 1,
  fileBytes: 64 * GIB,
  // What Dragonfly's rule gives such a file.
  pieceBytes: 64 * MIB,
  grainBytes: 64 * MIB,
  fetchesMax: 8,
  faults: false,
  churnShare: 0.01,
  stallingShare: 0.01,
  lyingShare: 0.01,
  readers: false,
  reverse: false,
  rotation: false,
  seed: 1,
  epochMs: 200,
};

/** The published model, but for what is named. */
export function settingsOf(named: Partial<Settings>): Settings {
  const { hostLinks, hosts = MODEL.hosts, pieceBytes = MODEL.pieceBytes } = named;
  // What is read ahead of somebody is a few pieces: it matters what becomes of their parts.
  const grainBytes = named.readers ? Math.max(MIB, pieceBytes / READER_GRAINS) : pieceBytes;
  return { ...MODEL, grainBytes, ...named, hosts: hostLinks?.length ?? hosts };
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

/** Of the host with that number, the first is 0. */
export function linkRate(
  { hostLinks, linkMin, linkMax }: Settings,
  host: number,
  random: () => number,
): number {
  return hostLinks?.[host] ?? linkMin * (linkMax / linkMin) ** random();
}

/** Draws from a distribution whose logarithm is normal, around 1 (Box-Muller). Draws nothing for a deviation of 0. */
export function logNormal(deviation: number, random: () => number): number {
  if (deviation === 0) return 1;
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return Math.exp(deviation * radius * Math.cos(2 * Math.PI * random()));
}
