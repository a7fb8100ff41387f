/** The newest lines of the log, in memory: what the control file `log` shows. */
import { LOG_RECENT_BYTES_MAX } from "../base/limits.ts";

export class RecentLog {
  #lines: string[] = [];
  #bytes = 0;

  /** @param line with its end */
  write(line: string): void {
    this.#lines.push(line);
    this.#bytes += line.length;
    if (this.#bytes <= 2 * LOG_RECENT_BYTES_MAX) return;
    // Dropped by halves, so that a line costs no copying of the others.
    while (this.#bytes > LOG_RECENT_BYTES_MAX && this.#lines.length > 1) {
      const half = this.#lines.splice(0, Math.ceil(this.#lines.length / 2));
      for (const dropped of half) this.#bytes -= dropped.length;
    }
  }

  /** The lines, oldest first. */
  text(): string {
    return this.#lines.join("");
  }
}
