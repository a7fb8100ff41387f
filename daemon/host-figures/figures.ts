/** The machine's figures as they are asked for: one look serves all who ask within a second, and two looks make a rate. */
import type { Clock } from "../../base/clock.ts";
import { FIGURES_AGE_MS } from "../../base/limits.ts";
import { readFigures } from "./figures-reader.ts";
import { type MachineFigures, maxBandwidthOf, networkRates } from "./host-figures.ts";

export interface HostFiguresOptions {
  readonly clock: Clock;
  /** storage.dir. */
  readonly storageDir: string;
  /** Interface with the advertised address; undefined where it is not known. */
  readonly device: string | undefined;
  /** upload.bandwidthLimit, bytes a second. */
  readonly uploadBytesLimit: number;
  /** How the machine is looked at; default its own files. */
  readonly look?: () => Promise<MachineFigures>;
}

/** Bits a second. */
export interface NetworkRates {
  /** Never 0. */
  readonly maxReceiveRate: number;
  readonly maxSendRate: number;
  readonly receiveRate: number;
  readonly sendRate: number;
}

export class HostFigures {
  readonly #options: HostFiguresOptions;
  #before: MachineFigures | undefined;
  #now: MachineFigures | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: HostFiguresOptions) {
    this.#options = options;
  }

  /** The newest look, at most a second old, and the one before it. Never fails. */
  async figures(): Promise<{ readonly now: MachineFigures; readonly before?: MachineFigures }> {
    const age = this.#now === undefined ? Infinity : this.#options.clock.monotonicMs() - this.#now.atMs;
    if (age >= FIGURES_AGE_MS) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    const now = this.#now as MachineFigures;
    return this.#before === undefined ? { now } : { now, before: this.#before };
  }

  /** What passes through the network, for peers that choose whom to ask. */
  async network(): Promise<NetworkRates> {
    const { now, before } = await this.figures();
    const max = maxBandwidthOf(now.linkSpeed, this.#options.uploadBytesLimit);
    const { received, sent } = networkRates(now, before);
    return {
      maxReceiveRate: max,
      maxSendRate: max,
      receiveRate: Math.min(received, max),
      sendRate: Math.min(sent, max),
    };
  }

  async #look(): Promise<void> {
    const { look = () => readFigures(this.#options) } = this.#options;
    const seen = await look();
    this.#before = this.#now;
    this.#now = seen;
  }
}
