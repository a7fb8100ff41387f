/**
 * Digests of whole content files, off the main thread: one worker at a time reads the file through its descriptor, so
 * that a deleted task's bytes can still be checked and serving goes on meanwhile.
 */
import { Worker } from "node:worker_threads";
import { orAborted } from "../../base/deadline.ts";
import { IntegrityError, P2pfsError } from "../../base/errors.ts";
import { CONTENT_DIGESTS_WAITING_MAX } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { StoredTask } from "../storage/storage.ts";

/** What the worker is told. */
export interface DigestJob {
  readonly fd: number;
  readonly length: number;
  readonly algorithm: string;
}

/** What it answers. */
export type DigestAnswer = { readonly digest: string } | { readonly error: string };

export class ContentDigests {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /**
   * Digest of a complete content, "algorithm:hex". The task must stay open until it settles; it does not end early when the
   * signal aborts, only the wait does.
   */
  of(stored: StoredTask, algorithm: string, signal?: AbortSignal): Promise<string> {
    if (this.#waiting >= CONTENT_DIGESTS_WAITING_MAX)
      return Promise.reject(new P2pfsError("TOO_MANY", "too many files wait to be checked"));
    this.#waiting += 1;
    const job: DigestJob = { fd: stored.fd, length: stored.record.contentLength, algorithm };
    const digest = this.#last
      .then(() => runWorker(job))
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#last = digest.catch(() => {});
    return orAborted(digest, signal);
  }

  /** Waits for what is under way. Idempotent. */
  async close(): Promise<void> {
    await this.#last;
  }
}

function runWorker(job: DigestJob): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./digest-worker.js", import.meta.url), { workerData: job });
    worker.once("message", (answer: DigestAnswer) => {
      if ("digest" in answer) resolve(answer.digest);
      else reject(new IntegrityError(`the content could not be read back: ${answer.error}`));
    });
    worker.once("error", (error) => reject(fromUnknown(error, "cannot check the content")));
    worker.once("exit", (status) =>
      reject(new P2pfsError("INTERNAL", `the digest worker ended with ${status}`)),
    );
  });
}
