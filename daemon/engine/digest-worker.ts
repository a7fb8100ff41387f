/** The worker of content-digest.ts: reads a content file from a descriptor and answers its digest. Writes nothing. */
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { createHasher, type DigestAlgorithm } from "../task/digest.ts";
import type { DigestAnswer, DigestJob } from "./content-digest.ts";

async function digest(job: DigestJob): Promise<DigestAnswer> {
  const hasher = await createHasher(job.algorithm as DigestAlgorithm);
  const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  for (let offset = 0; offset < job.length; ) {
    const read = readSync(job.fd, buffer, 0, Math.min(buffer.length, job.length - offset), offset);
    if (read === 0) return { error: `it ends at byte ${offset} of ${job.length}` };
    hasher.update(buffer.subarray(0, read));
    offset += read;
  }
  return { digest: `${job.algorithm}:${hasher.digest()}` };
}

digest(workerData as DigestJob).then(
  (answer) => parentPort?.postMessage(answer),
  (error) =>
    parentPort?.postMessage({
      error: error instanceof Error ? error.message : String(error),
    } satisfies DigestAnswer),
);
