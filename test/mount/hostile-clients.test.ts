/**
 * Clients that open and map one file in every pair of ways, one on top of the other, before, while and after it becomes
 * complete: none of them is ever refused, and all read the same bytes. With passthrough, the kernel would answer a wrong
 * combination with EIO.
 */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { patternBytes } from "../../fs/memory-file.ts";
import { addonMissing } from "../native/built-addon.ts";
import { MIB, sha256 } from "../suites/mount/under-test.ts";
import { cannotMount } from "../suites/mount-suite.ts";
import type { ServeOptions } from "./commands.ts";
import { eventually, pythonTalk, untilLine } from "./programs.ts";
import { serveMount } from "./served.ts";

/** Ways to have a file open; each is a function of the client's. */
const WAYS = [
  "buffered",
  "direct",
  "shared_mapping",
  "private_mapping",
  "populated_mapping",
  "mapping_alone",
  "spliced",
  "reopened",
] as const;
/** When the second of two comes, and how much is here when the first does. */
const PHASES = ["before", "while", "after"] as const;
const BLOCKS = 2;

/**
 * A way opens a file and gives (read, close). Every pair of ways has a file of its own: the first opens and reads a page, all
 * files of "while" and "after" become complete meanwhile, the second opens on top, both read everything there is.
 */
const CLIENT = `
import hashlib, itertools, json
directory, ways, phases, size = args[0], args[1].split(','), args[2].split(','), int(args[3])
PAGE = mmap.mmap(-1, 4096)

def descriptor(path, flags):
    fd = os.open(path, flags)
    def read(at):
        os.preadv(fd, [PAGE], at)
        return bytes(PAGE)
    return read, lambda: os.close(fd)

def buffered(path): return descriptor(path, os.O_RDONLY)
def direct(path): return descriptor(path, os.O_RDONLY | os.O_DIRECT)

def mapping(path, flags, keep):
    fd = os.open(path, os.O_RDONLY)
    m = mmap.mmap(fd, 0, flags, mmap.PROT_READ)
    if not keep: os.close(fd)
    def close():
        m.close()
        if keep: os.close(fd)
    return (lambda at: m[at:at + 4096]), close

def shared_mapping(path): return mapping(path, mmap.MAP_SHARED, True)
def private_mapping(path): return mapping(path, mmap.MAP_PRIVATE, True)
def populated_mapping(path): return mapping(path, mmap.MAP_SHARED | mmap.MAP_POPULATE, True)
def mapping_alone(path): return mapping(path, mmap.MAP_SHARED, False)

def spliced(path):
    fd = os.open(path, os.O_RDONLY)
    def read(at):
        r, w = os.pipe()
        try:
            os.splice(fd, w, 4096, offset_src=at) if hasattr(os, 'splice') else os.write(w, os.pread(fd, 4096, at))
            return os.read(r, 4096)
        finally:
            os.close(r); os.close(w)
    return read, lambda: os.close(fd)

def reopened(path):
    fd = os.open(path, os.O_RDONLY)
    again = os.open('/proc/self/fd/%d' % fd, os.O_RDONLY)
    os.close(fd)
    return (lambda at: (os.preadv(again, [PAGE], at), bytes(PAGE))[1]), lambda: os.close(again)

failures = []
def tried(name, act):
    try: return act()
    except OSError as e: failures.append('%s: %s' % (name, errno.errorcode[e.errno]))

pairs = list(itertools.product(phases, ways, ways))
names = ['%s-%s-%s' % pair for pair in pairs]
firsts = {}
def open_first(pair, name):
    first = tried(name + ' first', lambda: globals()[pair[1]](directory + '/' + name))
    if first is not None: tried(name + ' first read', lambda: first[0](0))
    firsts[name] = first
for pair, name in zip(pairs, names):
    if pair[0] != 'after': open_first(pair, name)
step('complete them')
expected = json.loads(sys.stdin.readline())
for pair, name in zip(pairs, names):
    if pair[0] == 'after': open_first(pair, name)
    second = tried(name + ' second', lambda: globals()[pair[2]](directory + '/' + name))
    for who, opened in (('first', firsts[name]), ('second', second)):
        for at in range(0, size, 262144):
            if opened is None: continue
            got = tried('%s %s read %d' % (name, who, at), lambda: opened[0](at))
            if got is not None and hashlib.sha256(got).hexdigest() != expected[at // 262144]:
                failures.append('%s %s: wrong bytes at %d' % (name, who, at))
    for opened in (second, firsts[name]):
        if opened is not None: opened[1]()
print('failures', json.dumps(failures))`;

const KERNELS: Readonly<Record<string, NonNullable<ServeOptions["native"]>["refused"]>> = {
  "this kernel": [],
  "a kernel without passthrough": ["PASSTHROUGH"],
  "a kernel without passthrough and mappings of direct files": [
    "PASSTHROUGH",
    "DIRECT_IO_ALLOW_MMAP",
    "AUTO_INVAL_DATA",
  ],
};

async function everyPair(t: TestContext, serving: Pick<ServeOptions, "binding" | "native">): Promise<void> {
  const served = await serveMount(t, serving);
  const names = PHASES.flatMap((phase) => WAYS.flatMap((a) => WAYS.map((b) => `${phase}-${a}-${b}`)));
  for (const name of names) await served.tell("addFile", name, BLOCKS * MIB, 7);
  const client = pythonTalk(CLIENT, served.directory, WAYS.join(","), PHASES.join(","), String(BLOCKS * MIB));
  await untilLine(client, "complete them");
  const blocks = Array.from({ length: BLOCKS }, (_, block) => block);
  // What was opened "before" becomes complete by being read.
  for (const name of names) if (!name.startsWith("before")) await served.tell("arrive", name, blocks);
  const expected = Array.from({ length: (BLOCKS * MIB) / 262_144 }, (_, n) =>
    sha256(patternBytes(7, n * 262_144, 4096)),
  );
  client.child.stdin?.write(`\n${JSON.stringify(expected)}\n`);
  const { stdout, stderr } = await client.ended;
  const [last] = stdout.toString().trim().split("\n").slice(-1);
  assert.equal(last, "failures []", stderr);
  assert.deepEqual(await served.tell("failures"), []);
  await eventually("all is closed", async () => (await served.tell("handleCount")) === 0);
}

describe("every pair of ways to open a file, before, while and after it completes", {
  skip: cannotMount(),
}, () => {
  for (const [kernel, refused] of Object.entries(KERNELS))
    test(`works through the native binding on ${kernel}`, { skip: addonMissing }, (t) =>
      everyPair(t, { binding: "native", native: { refused: refused ?? [] } }),
    );

  test("works through fuse-native", (t) => everyPair(t, { binding: "fuse-native" }));
});
