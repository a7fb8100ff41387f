/** What a bench run says: tables and figures on stdout, and kept for --save. */
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { LimitError } from "../../base/errors.ts";
import { type Figures, formatBytes, formatMs } from "../../test/system/shows/figures.ts";

/** Disk that a run leaves to others, bytes. */
const LEFT_FREE_BYTES = 4 * 1024 ** 3;
/** Disk that a run takes at most, bytes. */
export const DISK_BYTES_MAX = 20 * 1024 ** 3;

export class Report {
  readonly #lines: string[] = [];

  say(line = ""): void {
    this.#lines.push(line);
    console.log(line);
  }

  /** Everything said so far. */
  get text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  figures(name: string, verdict: string, figures: Figures, durationMs: number): void {
    this.say(`${verdict}  ${name}  (${formatMs(durationMs)})`);
    for (const [what, value] of Object.entries(figures)) this.say(`         ${what}: ${value}`);
  }

  /** Rows of cells under their headings; numbers stand right. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    const all = [headings, ...rows];
    const widths = headings.map((_, n) => Math.max(...all.map((row) => row[n]?.length ?? 0)));
    for (const row of all) {
      const cells = widths.map((width, n) =>
        n === 0 ? (row[n] ?? "").padEnd(width) : (row[n] ?? "").padStart(width),
      );
      this.say(`  ${cells.join("  ").trimEnd()}`);
    }
  }

  /** @throws LimitError when the temporary folder's disk has no room for it */
  async needDisk(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(tmpdir());
    const room = Math.min(DISK_BYTES_MAX, bavail * bsize - LEFT_FREE_BYTES);
    if (bytes <= room) return;
    throw new LimitError(
      `this needs ${formatBytes(bytes)} under ${tmpdir()}, where it may take ${formatBytes(Math.max(0, room))}`,
      {},
      "NO_SPACE",
    );
  }
}
