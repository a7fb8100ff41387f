/**
 * How far a download is, for people: a bar on a terminal, a plain line now and then elsewhere. Written to stderr; stdout is
 * for results.
 */
import { Presets, SingleBar } from "cli-progress";
import { PROGRESS_LINE_MS } from "../base/limits.ts";

export interface Progress {
  /** @param totalBytes of what was asked for */
  start(totalBytes: number): void;
  /** More bytes are at their place. */
  add(bytes: number): void;
  /** Takes the bar away or ends its line. */
  stop(): void;
}

export const noProgress: Progress = { start() {}, add() {}, stop() {} };

/** What progress is written to. */
interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** @param title what is downloaded, without secrets */
export function progressOn(output: NodeJS.WriteStream, title: string): Progress {
  return output.isTTY ? new Bar(output, title) : new Lines(output, title);
}

class Bar implements Progress {
  readonly #bar: SingleBar;
  readonly #stream: NodeJS.WriteStream;
  readonly #title: string;
  readonly #startedMs = performance.now();
  #doneBytes = 0;

  constructor(stream: NodeJS.WriteStream, title: string) {
    this.#stream = stream;
    this.#title = title;
    this.#bar = new SingleBar(
      {
        stream,
        format: "[{bar}] {percentage}% ({rate}, {eta_formatted})",
        hideCursor: true,
        fps: 10,
        gracefulExit: false,
      },
      Presets.legacy,
    );
  }

  start(totalBytes: number): void {
    this.#stream.write(`${this.#title}\n`);
    this.#bar.start(totalBytes, 0, { rate: "" });
  }

  add(bytes: number): void {
    this.#doneBytes += bytes;
    this.#bar.update(this.#doneBytes, { rate: rate(this.#doneBytes, performance.now() - this.#startedMs) });
  }

  stop(): void {
    this.#bar.stop();
  }
}

/** One line every few seconds. */
export class Lines implements Progress {
  readonly #output: Output;
  readonly #title: string;
  readonly #nowMs: () => number;
  #startedMs = 0;
  #toldMs = 0;
  #totalBytes = 0;
  #doneBytes = 0;

  constructor(output: Output, title: string, nowMs: () => number = () => performance.now()) {
    this.#output = output;
    this.#title = title;
    this.#nowMs = nowMs;
  }

  start(totalBytes: number): void {
    this.#totalBytes = totalBytes;
    this.#startedMs = this.#nowMs();
    this.#toldMs = this.#startedMs;
    this.#output.write(`${this.#title}: ${size(totalBytes)}\n`);
  }

  add(bytes: number): void {
    this.#doneBytes += bytes;
    const nowMs = this.#nowMs();
    if (nowMs - this.#toldMs < PROGRESS_LINE_MS || this.#doneBytes >= this.#totalBytes) return;
    this.#toldMs = nowMs;
    const percent = Math.floor((100 * this.#doneBytes) / this.#totalBytes);
    this.#output.write(
      `${percent}% (${size(this.#doneBytes)} of ${size(this.#totalBytes)}, ${rate(this.#doneBytes, nowMs - this.#startedMs)})\n`,
    );
  }

  stop(): void {}
}

/** Bytes for people: "1.5 GiB". */
export function size(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let power = 0;
  let value = bytes;
  for (; value >= 1024 && power < units.length - 1; power += 1) value /= 1024;
  return power === 0 ? `${bytes} bytes` : `${value.toFixed(1)} ${units[power]}`;
}

/** Bytes per second for people. */
export function rate(bytes: number, ms: number): string {
  return `${size(Math.round(bytes / Math.max(ms / 1000, 0.001)))}/s`;
}
