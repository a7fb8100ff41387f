/**
 * Programs that read all of a file and tell how long it took, and what has to be so before they run: pages that are not in
 * the cache, and memory that is at hand for those that come.
 */
import { UnavailableError } from "../../base/errors.ts";
import { output, run } from "../../test/system/processes.ts";

/** A way of reading a whole file. @returns seconds, without the program's own start */
type Reader = (path: string) => Promise<number>;

async function byDd(path: string): Promise<number> {
  const { code, stderr } = await run(["dd", `if=${path}`, "of=/dev/null", "bs=1M"], {
    environment: { LC_ALL: "C" },
  });
  const seconds = Number(/copied, ([\d.e-]+) s/.exec(stderr)?.[1]);
  if (code !== 0 || !(seconds > 0)) throw new UnavailableError(`dd of ${path} failed: ${stderr}`);
  return seconds;
}

/** One byte of each page of a mapping: what the faults cost. */
const MAPPED_READ = `
import mmap, sys, time
with open(sys.argv[1], "rb") as file:
    begin = time.perf_counter()
    mapping = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    sum(mapping[::mmap.PAGESIZE])
    print(time.perf_counter() - begin)
`;

async function byMapping(path: string): Promise<number> {
  return Number(await output(["python3", "-c", MAPPED_READ, path]));
}

export const READERS: Readonly<Record<string, Reader>> = { "dd bs=1M": byDd, mmap: byMapping };

const DROPPED_PAGES = `
import os, sys
descriptor = os.open(sys.argv[1], os.O_RDONLY)
os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
`;

/** Takes the file's pages out of the cache of whatever it lies on. */
export async function dropPages(path: string): Promise<void> {
  await output(["python3", "-c", DROPPED_PAGES, path]);
}

const TOUCHED_MEMORY = `
import mmap, sys
flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
mmap.mmap(-1, int(sys.argv[1]), flags=flags).close()
`;

/**
 * Uses so much memory for a moment. A virtual machine may have given free pages back to its host, and fetching them anew
 * would be most of what is measured.
 */
export async function touchMemory(bytes: number): Promise<void> {
  await output(["python3", "-c", TOUCHED_MEMORY, String(bytes)]);
}
