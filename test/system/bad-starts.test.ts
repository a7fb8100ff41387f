/** Commands that cannot do what they are told: one sentence, exit status 1 or 2, and nothing left behind. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fixedContent } from "../origin/content.ts";
import { startMisbehavingOrigin } from "../origin/misbehaving.ts";
import {
  commandOf,
  daemonPid,
  endDaemon,
  isMounted,
  mountedDaemon,
  mountMissing,
  parentOf,
  prepareDaemon,
  until,
} from "./daemon.ts";
import { refusedPlainly } from "./expectations.ts";
import { run, start } from "./processes.ts";
import { scopeOf } from "./scope.ts";

const P2PFS = commandOf("p2pfs");
const DFDAEMON = commandOf("dfdaemon");
const DFGET = commandOf("dfget");
const isRoot = process.getuid?.() === 0;

describe("a start that cannot be", () => {
  test("a wrong key of the configuration is named, by every command that would start a daemon", async (t) => {
    const home = await scopeOf(t).folder();
    writeFileSync(join(home, "dfdaemon.yaml"), "gc:\n  interval: banana\n");
    for (const words of [
      [...DFDAEMON, "--workhome", home],
      [...P2PFS, "mount", "--workhome", home, join(home, "mnt")],
      [...DFGET, "--workhome", home, "http://127.0.0.1:1/x", "-O", join(home, "x")],
    ]) {
      refusedPlainly(await run(words), { words: /gc\.interval/ });
    }
    assert.equal(daemonPid(home), undefined, "no daemon is left");
    assert.ok(!isMounted(join(home, "mnt")));
  });

  test("a configuration that is no YAML, or not there, is told", async (t) => {
    const home = await scopeOf(t).folder();
    writeFileSync(join(home, "bad.yaml"), "gc: [1, 2\n");
    refusedPlainly(await run([...DFDAEMON, "--workhome", home, "--config", join(home, "bad.yaml")]), {
      words: /bad\.yaml/,
    });
    refusedPlainly(await run([...DFDAEMON, "--workhome", home, "--config", join(home, "none.yaml")]), {
      words: /none\.yaml/,
    });
  });

  const badCalls: readonly [string, string[], RegExp][] = [
    ["an unknown flag", [...P2PFS, "mount", "--nope", "/nowhere"], /nope/],
    ["an unknown command", [...P2PFS, "frobnicate"], /frobnicate/],
    ["a mount without a directory", [...P2PFS, "mount"], /dir/i],
    ["dfget without an output", [...DFGET, "http://127.0.0.1:1/x"], /output|-O/],
    ["dfget of what is no URL", [...DFGET, "no url", "-O", "/tmp/x"], /URL/i],
    [
      "a piece length too short",
      [...DFGET, "http://127.0.0.1:1/x", "-O", "/tmp/x", "--piece-length", "1KiB"],
      /piece/i,
    ],
    [
      "a digest that is none",
      [...DFGET, "http://127.0.0.1:1/x", "-O", "/tmp/x", "--digest", "sha256:xyz"],
      /digest|sha256/i,
    ],
    ["a header that is none", [...DFGET, "http://127.0.0.1:1/x", "-O", "/tmp/x", "-H", "nocolon"], /header/i],
  ];
  for (const [name, words, expected] of badCalls) {
    test(`${name} is told in one sentence, exit status 1 or 2`, async (t) => {
      const home = await scopeOf(t).folder();
      refusedPlainly(await run(words, { environment: { HOME: home, XDG_RUNTIME_DIR: home } }), {
        words: expected,
      });
    });
  }

  test("a workhome or an output where nothing may be written is told", async (t) => {
    const scope = scopeOf(t);
    // Where not even root may make anything.
    const dead = "/sys/p2pfs-test";
    refusedPlainly(await run([...DFDAEMON, "--workhome", dead]), { words: /\/sys\/p2pfs-test/ });
    refusedPlainly(await run([...P2PFS, "mount", "--workhome", dead, join(await scope.folder(), "m")]), {
      words: /\/sys\/p2pfs-test/,
    });
    const origin = await startMisbehavingOrigin();
    scope.after(() => origin.stop());
    origin.serve("/x.bin", { content: fixedContent("x".repeat(1000)) });
    const home = await scope.folder();
    scope.after(() => endDaemon(home));
    const words = [...DFGET, "--workhome", home, origin.url("x.bin"), "-O", "/sys/p2pfs-out"];
    refusedPlainly(await run(words), { words: /\/sys/ });
  });

  test("a storage directory with another program's data is refused and left alone", async (t) => {
    const home = await scopeOf(t).folder();
    mkdirSync(join(home, "storage"));
    writeFileSync(join(home, "storage", "precious.txt"), "mine");
    refusedPlainly(await run([...DFDAEMON, "--workhome", home]), { words: /storage/ });
    assert.deepEqual(readdirSync(join(home, "storage")), ["precious.txt"]);
  });

  test("a second daemon on the same workhome is refused, and the first goes on", async (t) => {
    const daemon = await prepareDaemon(scopeOf(t));
    await daemon.start();
    const pid = daemon.pid;
    refusedPlainly(await run([...DFDAEMON, "--workhome", daemon.workhome]), {
      words: /running|already|another/i,
    });
    assert.equal(daemon.pid, pid, "the pid file is still the first one's");
    await daemon.ask("p2pfs", ["status"]);
  });

  test("another configuration than the running daemon's is refused", async (t) => {
    const daemon = await prepareDaemon(scopeOf(t));
    await daemon.start();
    const other = join(daemon.workhome, "other.yaml");
    writeFileSync(other, "gc:\n  interval: 60s\n");
    const result = await daemon.command("p2pfs", ["mount", "--config", other, daemon.mountpoint]);
    refusedPlainly(result, { words: /config/i });
    assert.ok(!isMounted(daemon.mountpoint));
  });
});

describe("a mount that cannot be", { skip: mountMissing() }, () => {
  test("a mountpoint that is one already is refused, and stays as it is", async (t) => {
    const daemon = await mountedDaemon(scopeOf(t));
    refusedPlainly(await daemon.command("p2pfs", ["mount", daemon.mountpoint]), { words: /mounted|busy/i });
    assert.equal((await run(["ls", daemon.mountpoint])).code, 0);
  });

  test("a mountpoint that is a file is refused", async (t) => {
    const daemon = await prepareDaemon(scopeOf(t));
    await daemon.start();
    const file = join(daemon.workhome, "file");
    writeFileSync(file, "");
    refusedPlainly(await daemon.command("p2pfs", ["mount", file]), { words: /directory/i });
  });

  test("umount of a busy mount names who holds it, and works once it is let go", async (t) => {
    const scope = scopeOf(t);
    const daemon = await mountedDaemon(scope);
    const holder = start(scope, [
      "bash",
      "-c",
      'cd "$1" && echo there && read -r _',
      "bash",
      daemon.mountpoint,
    ]);
    assert.equal(await holder.line(), "there");
    const result = await daemon.command("p2pfs", ["umount", daemon.mountpoint]);
    refusedPlainly(result, { words: new RegExp(`${holder.pid}`), code: 1 });
    assert.ok(isMounted(daemon.mountpoint));
    await holder.stop("SIGKILL");
    await daemon.unmount();
    assert.ok(!isMounted(daemon.mountpoint));
  });

  test("umount of what is no mount is told", async (t) => {
    const daemon = await prepareDaemon(scopeOf(t));
    await daemon.start();
    refusedPlainly(await daemon.command("p2pfs", ["umount", daemon.mountpoint]), { words: /mount/i });
  });

  test("writing is refused with EROFS", async (t) => {
    const daemon = await mountedDaemon(scopeOf(t));
    const { code, stderr } = await run(["mkdir", join(daemon.mountpoint, "new")], {
      environment: { LC_ALL: "C" },
    });
    assert.equal(code, 1);
    assert.match(stderr, /Read-only file system/);
  });

  test("a mountpoint left by a daemon that was killed with its holder is healed by the next mount", async (t) => {
    const daemon = await mountedDaemon(scopeOf(t));
    const { pid } = daemon;
    process.kill(parentOf(pid), "SIGKILL");
    process.kill(pid, "SIGKILL");
    await until("the daemon's end", () => daemonPid(daemon.workhome) === undefined);
    await daemon.ask("p2pfs", ["mount", daemon.mountpoint]);
    assert.equal((await run(["ls", daemon.mountpoint])).code, 0);
  });

  test("without /dev/fuse the mount is refused in one sentence, and no daemon is left", {
    skip: isRoot ? false : "hiding /dev/fuse needs a mount namespace, which needs root",
  }, async (t) => {
    const scope = scopeOf(t);
    const home = await scope.folder();
    scope.after(() => endDaemon(home));
    const devices = await scope.folder();
    const script = `
        mount -t tmpfs devices "$1"
        for name in null zero full random urandom tty; do : >"$1/$name"; mount --bind "/dev/$name" "$1/$name"; done
        ln -s /proc/self/fd "$1/fd"
        mount --rbind "$1" /dev
        shift
        exec "$@"`;
    const words = [...P2PFS, "mount", "--workhome", home, join(home, "mnt")];
    const inside = [
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "bash",
      "-euc",
      script,
      "bash",
      devices,
    ];
    refusedPlainly(await run([...inside, ...words]), { words: /\/dev\/fuse/ });
    await until("the end of the daemon that was started for it", () => daemonPid(home) === undefined, 15_000);
    assert.ok(!existsSync(join(home, "dfdaemon.sock")), "no socket is left");
    assert.ok(!existsSync(join(home, "mnt")), "a directory made for it is gone again");
  });
});
