/**
 * Programs that read all of a file and tell how long it took, and what has to be so before they run: pages that are not in
 * the cache, and memory that is at hand for those that come.
 */
import { UnavailableError } from "../../base/errors.ts";
import { output, run, start } from "../../test/system/processes.ts";
import type { Scope } from "../../test/system/scope.ts";

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

/** mincore(2) and mlock(2) of a mapping that nobody touches. */
const HELD_PAGES = `
import ctypes, mmap, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
libc.mlock.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
descriptor = os.open(sys.argv[1], os.O_RDONLY)
size = os.fstat(descriptor).st_size
address = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
os.close(descriptor)
pages = ctypes.create_string_buffer((size + mmap.PAGESIZE - 1) // mmap.PAGESIZE)
if address == ctypes.c_void_p(-1).value or libc.mincore(address, size, pages) != 0:
    raise OSError(ctypes.get_errno(), "mincore")
gone = sum(1 - (page & 1) for page in pages.raw)
held = libc.mlock(address, size) == 0
print(gone, "held" if held else os.strerror(ctypes.get_errno()), flush=True)
sys.stdin.read()
`;

/** Pages of a file, kept in the cache for as long as this lasts. */
export interface HeldPages {
  /** Pages that were not in the cache: never read, or taken back since. */
  readonly gone: number;
  /** Why the others may go; undefined: they stay, and those that were gone are back. */
  readonly notHeld: string | undefined;
  release(): Promise<unknown>;
}

/**
 * Counts and keeps the pages that the cache has of a file. Some machines take back what nobody asks for a while: who is to
 * show that pages in the cache are not read again must know that they are in it.
 */
export async function holdPages(scope: Scope, path: string): Promise<HeldPages> {
  const holder = start(scope, ["python3", "-c", HELD_PAGES, path]);
  const [gone = "", ...words] = (await holder.line()).split(" ");
  const said = words.join(" ");
  return {
    gone: Number(gone),
    notHeld: said === "held" ? undefined : said,
    release: () => holder.finish(),
  };
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
