/**
 * Machines that lack something: whatever is possible there is done, no client sees an error, and `p2pfs doctor` says
 * beforehand which way reads will take. Each machine is a mount namespace of its own.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { addonMissing } from "../native/built-addon.ts";
import { randomContent } from "../origin/content.ts";
import { nginxMissing, startNginx } from "../origin/nginx.ts";
import { projectRoot } from "../project-root.ts";
import { commandOf, detach, endDaemon, mountMissing } from "./daemon.ts";
import { type RunResult, run, start } from "./processes.ts";
import { type Scope, scopeOf } from "./scope.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 5 * MIB + 4096;
const P2PFS = commandOf("p2pfs");

interface Machine {
  /** Run before anything else, as root; "$1" is the workhome. */
  readonly prepare?: string;
  /** Words in front of everything. */
  readonly wrapper?: readonly string[];
  /** The workhome lies below /mnt, in a filesystem of the namespace's own: other users may not enter a test's folder. */
  readonly away?: true;
  /** Who reads complete files, on a kernel and a disk that could do more. */
  readonly reads: "passthrough" | "native threads";
}

const NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "-all"];
const WORLD_DEVICE =
  'mknod -m 666 "$1/fuse" c 10 229 && chmod 666 "$1/fuse" && mount --bind "$1/fuse" /dev/fuse';
const NO_HELPER = `for name in fusermount3 fusermount; do
  [ ! -e "/usr/bin/$name" ] || mount --bind /dev/null "/usr/bin/$name"
done`;

const MACHINES: Readonly<Record<string, Machine>> = {
  "with storage on tmpfs": { prepare: 'mount -t tmpfs storage "$1"', reads: "passthrough" },
  "with storage on overlayfs": {
    prepare: `mkdir "$1.overlay" && mount -t tmpfs layers "$1.overlay" && mkdir "$1.overlay/"{lower,upper,work}
      mount -t overlay -o "lowerdir=$1.overlay/lower,upperdir=$1.overlay/upper,workdir=$1.overlay/work" overlay "$1"`,
    reads: "passthrough",
  },
  "without fusermount3": { prepare: NO_HELPER, reads: "passthrough" },
  "of a user without rights": {
    prepare: `mount -t tmpfs away /mnt && mkdir -m 777 "$1" && ${WORLD_DEVICE}`,
    wrapper: NOBODY,
    away: true,
    reads: "native threads",
  },
  "of root in a user namespace": {
    wrapper: ["unshare", "--user", "--map-root-user", "--mount"],
    reads: "native threads",
  },
};

/** Reads the file in every way a client may, cold and then complete; prints a digest for each. */
const READERS = `
cat -- "$1" | sha256sum
dd if="$1" iflag=direct bs=1M status=none | sha256sum
cat -- "$1" | sha256sum
python3 -c '
import hashlib, mmap, sys
with open(sys.argv[1], "rb") as f:
    for flags in (mmap.MAP_SHARED, mmap.MAP_PRIVATE):
        print(hashlib.sha256(mmap.mmap(f.fileno(), 0, flags, mmap.PROT_READ)).hexdigest())
' "$1"`;

function skipReason(): string | false {
  if (process.getuid?.() !== 0) return "mount namespaces need root";
  if (!existsSync("/mnt")) return "/mnt is missing, over which a filesystem of the test's own is mounted";
  const missing = nginxMissing() || mountMissing() || addonMissing;
  if (missing !== false) return missing;
  const reads = spawnSync("setpriv", [
    ...NOBODY.slice(1),
    "test",
    "-r",
    join(projectRoot(), "dist/cli/p2pfs.js"),
  ]);
  return reads.status === 0 ? false : "another user may not read this checkout, or there is no setpriv";
}

async function newHome(scope: Scope, machine: Machine): Promise<string> {
  const home = join(machine.away ? "/mnt" : await scope.folder(), `p2pfs-${randomBytes(6).toString("hex")}`);
  if (!machine.away) mkdirSync(home);
  scope.after(() => endDaemon(home));
  return home;
}

/** Runs a script on a machine: "$home" is its workhome, p2pfs our command. */
function onMachine(
  machine: Machine,
  home: string,
  script: string,
  args: readonly string[],
): Promise<RunResult> {
  const begin = `set -eu; ${machine.prepare ?? ":"}; shift; exec "$@"`;
  const inner = `set -eu; home=$1; shift; p2pfs() { verb=$1; shift; ${P2PFS.join(" ")} "$verb" --workhome "$home" "$@"; }
    ${script}`;
  return run(
    [
      ...["unshare", "--mount", "--propagation", "private", "bash", "-c", begin, "bash", home],
      ...(machine.wrapper ?? []),
      ...["bash", "-c", inner, "bash", home, ...args],
    ],
    { environment: { HOME: home, LC_ALL: "C" } },
  );
}

const MOUNT_AND_READ = `
mkdir -p "$home/mnt"
p2pfs mount --binding "$1" "$home/mnt"
read_all() { ${READERS}
}
read_all "$home/mnt/$2"
p2pfs umount "$home/mnt"
p2pfs stop 2>/dev/null || true`;

describe("a machine", { skip: skipReason() }, () => {
  for (const [name, machine] of Object.entries(MACHINES)) {
    test(`${name} serves every reader the right bytes, as the doctor says`, async (t) => {
      const scope = scopeOf(t);
      const origin = await startNginx();
      scope.after(() => origin.stop());
      const content = randomContent(FILE_BYTES, 1);
      await origin.write("f.bin", content);
      const digest = createHash("sha256").update(content.read(0, FILE_BYTES)).digest("hex");
      const path = origin.url("f.bin").replace("://", "/");
      const asked = await onMachine(machine, await newHome(scope, machine), "p2pfs doctor --json", []);
      const { readPath } = JSON.parse(asked.stdout);
      if (machine.reads === "native threads") assert.equal(readPath.reads, machine.reads);
      for (const binding of ["native", "fuse-native"]) {
        const home = await newHome(scope, machine);
        // What the daemon did is in its log, which may lie in the namespace.
        const script = `${MOUNT_AND_READ}; cat "$home/logs/dfdaemon.log"`;
        const { stdout, stderr, code } = await onMachine(machine, home, script, [binding, path]);
        assert.equal(code, 0, `${binding}: ${stderr}`);
        const lines = stdout.split("\n");
        const digests = lines.slice(0, 5).map((line) => line.split(" ")[0]);
        assert.deepEqual(digests, Array(5).fill(digest), binding);
        assert.ok(!stdout.includes("request failed"), stdout);
        if (binding === "native")
          assert.equal(
            stdout.includes("no passthrough"),
            readPath.reads !== "passthrough",
            "as the doctor said",
          );
      }
    });
  }

  test("with neither CAP_SYS_ADMIN nor fusermount3 refuses to mount in one sentence, and the doctor says so", async (t) => {
    const scope = scopeOf(t);
    const machine: Machine = {
      prepare: NO_HELPER,
      wrapper: ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"],
      reads: "native threads",
    };
    const home = await newHome(scope, machine);
    const asked = await onMachine(machine, home, "p2pfs doctor --json", []);
    assert.equal(asked.code, 1);
    assert.equal(JSON.parse(asked.stdout).readPath.binding, "none");
    for (const binding of ["native", "fuse-native"]) {
      const own = await newHome(scope, machine);
      const { code, stderr } = await onMachine(machine, own, 'p2pfs mount --binding "$1" "$home/mnt"', [
        binding,
      ]);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /^p2pfs: [^\n]+\n$/);
      assert.ok(!existsSync(join(own, "mnt")), "nothing is left");
    }
  });
});

/** Mounts at argv[1] as p2pfs does; after a line on stdin it closes the descriptor, as a daemon that dies would. */
const MUTE_MOUNT = `
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open("/dev/fuse", os.O_RDWR)
options = "fd=%d,rootmode=40000,user_id=0,group_id=0" % fd
if libc.mount(b"p2pfs", sys.argv[1].encode(), b"fuse.p2pfs", 6, options.encode()) != 0:
    sys.exit("mount: %d" % ctypes.get_errno())
print("mounted", flush=True)
sys.stdin.readline()
os.close(fd)
print("closed", flush=True)
sys.stdin.readline()`;

describe("p2pfs doctor", { skip: mountMissing() }, () => {
  test("changes nothing, and leaves nothing", async (t) => {
    const scope = scopeOf(t);
    const home = join(await scope.folder(), "home");
    const { stdout } = await run([...P2PFS, "doctor", "--workhome", home]);
    assert.match(stdout, /^(ok|note|problem) +node /);
    assert.ok(!existsSync(home), "it made nothing");
    assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes("p2pfs-trial"), "its own mount is gone");
  });

  test("tells of mounts that hang and that are dead, and ends with 1", {
    skip: process.getuid?.() === 0 ? false : "a mount that nobody serves is made by root",
  }, async (t) => {
    const scope = scopeOf(t);
    const directory = await scope.folder();
    const home = await scope.folder();
    scope.after(() => detach(directory));
    const mute = start(scope, ["python3", "-c", MUTE_MOUNT, directory]);
    assert.equal(await mute.line(), "mounted");
    const words = [...P2PFS, "doctor", "--workhome", home];
    const hung = await run(words);
    assert.equal(hung.code, 1, hung.stdout);
    assert.match(hung.stdout, new RegExp(`^problem +mount +${directory} does not answer$`, "m"));
    assert.equal(await mute.ask(""), "closed");
    const dead = await run(words);
    assert.equal(dead.code, 1);
    assert.match(
      dead.stdout,
      new RegExp(`^problem +mount +${directory} was left by a daemon that died$`, "m"),
    );
    await detach(directory);
    assert.doesNotMatch((await run(words)).stdout, new RegExp(directory));
  });
});
