/** Promises about attributes and changes. */
import assert from "node:assert/strict";
import { readFile, stat, statfs } from "node:fs/promises";
import { python, start } from "../../mount/programs.ts";
import { serveMount } from "../../mount/served.ts";
import { failsWith, isRoot, type PromiseTests } from "./under-test.ts";

/** Who is neither the mounting user nor root. */
const STRANGER = 65_534;

/** Runs `cat` as somebody else, from inside the mount: the way there need not be open to him. */
async function catAsStranger(directory: string, name: string): Promise<string> {
  const ids = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, "--clear-groups"];
  const { stdout, stderr } = await start("setpriv", [...ids, "cat", name], { cwd: directory }).ended;
  return stdout.toString() || stderr;
}

/** Prints, for every way to change something, the errno it fails with. args[0]: the mount. */
const CHANGES = `
os.chdir(args[0])
def rename(): os.rename('f', 'g')
changes = {
    'open to write': lambda: os.open('f', os.O_WRONLY),
    'open to read and write': lambda: os.open('f', os.O_RDWR),
    'open to append': lambda: os.open('f', os.O_WRONLY | os.O_APPEND),
    'open and cut': lambda: os.open('f', os.O_RDONLY | os.O_TRUNC),
    'create': lambda: os.open('new', os.O_CREAT | os.O_WRONLY),
    'create to read': lambda: os.open('new', os.O_CREAT | os.O_RDONLY),
    'mkdir': lambda: os.mkdir('new'),
    'rmdir': lambda: os.rmdir('d'),
    'unlink': lambda: os.unlink('f'),
    'rename': rename,
    'link': lambda: os.link('f', 'new'),
    'symlink': lambda: os.symlink('f', 'new'),
    'mkfifo': lambda: os.mkfifo('new'),
    'truncate': lambda: os.truncate('f', 1),
    'chmod': lambda: os.chmod('f', 0o600),
    'chown': lambda: os.chown('f', 1, 1),
    'utime': lambda: os.utime('f', (1, 1)),
    'setxattr': lambda: os.setxattr('f', 'user.p2p.url', b'x'),
    'removexattr': lambda: os.removexattr('f', 'user.p2p.url'),
}
for name, change in changes.items(): print(name + ': ' + name_of(change))`;

async function changesOf(directory: string): Promise<string[]> {
  return (await python(CHANGES, directory)).split("\n");
}

export const ATTRIBUTES: PromiseTests = {
  async "stat tells size, time and owner"(t, { binding, supports }) {
    const served = await serveMount(t, { binding });
    const size = 5 * 2 ** 40 + 7;
    await served.tell("addFile", "d/huge", size, 1, { modifiedAtMs: 1_600_000_000_123 });
    await served.tell("addFile", "old", 1, 1, { modifiedAtMs: -5000 });
    const file = await stat(served.path("d/huge"));
    assert.equal(file.size, size);
    assert.deepEqual([file.mtimeMs, file.atimeMs, file.ctimeMs], Array(3).fill(1_600_000_000_123));
    assert.equal(file.blocks, Math.ceil(size / 512));
    assert.equal(file.blksize, 4096);
    assert.deepEqual([file.uid, file.gid], [process.getuid?.(), process.getgid?.()]);
    assert.equal((await stat(served.path("d/huge"))).ino, file.ino);
    assert.equal((await stat(served.path("old"))).mtimeMs, supports.timesBefore1970 ? -5000 : 0);
    const directory = await stat(served.path("d"));
    assert.ok(directory.isDirectory());
    assert.equal(directory.blksize, 131_072);
  },

  async "Permissions are the source's or the mount's"(t, { binding }) {
    if (!isRoot) return t.skip("only root can act as other users");
    const served = await serveMount(t, { binding, allowOther: true });
    await served.tell("addBytes", "everybody's", "for all");
    await served.tell("addBytes", "stranger's", "for one", { mode: 0o400, uid: STRANGER, gid: 7 });
    await served.tell("addBytes", "root's", "for root", { mode: 0o400 });
    const modes = async (name: string) => {
      const { mode, uid, gid } = await stat(served.path(name));
      return [(mode & 0o7777).toString(8), uid, gid];
    };
    assert.deepEqual(await modes("everybody's"), ["444", 0, 0]);
    assert.deepEqual(await modes(""), ["555", 0, 0]);
    assert.deepEqual(await modes("stranger's"), ["400", STRANGER, 7]);
    assert.equal(await catAsStranger(served.directory, "everybody's"), "for all");
    assert.equal(await catAsStranger(served.directory, "stranger's"), "for one");
    assert.match(await catAsStranger(served.directory, "root's"), /Permission denied/);
    assert.equal(await readFile(served.path("stranger's"), "utf8"), "for one", "root reads all");

    const forced = await serveMount(t, { binding, allowOther: true, uid: STRANGER, gid: 12, umask: 0o077 });
    await forced.tell("addBytes", "f", "hello", { mode: 0o444, uid: 1 });
    const { mode, uid, gid } = await stat(forced.path("f"));
    assert.deepEqual([mode & 0o7777, uid, gid], [0o400, STRANGER, 12]);
    assert.equal((await stat(forced.directory)).mode & 0o7777, 0o500);
    assert.equal(await catAsStranger(forced.directory, "f"), "hello");

    const closed = await serveMount(t, { binding });
    await closed.tell("addBytes", "f", "hello");
    assert.match(await catAsStranger(closed.directory, "f"), /Permission denied/);
  },

  async "Extended attributes explain a file"(t, { binding }) {
    const served = await serveMount(t, { binding });
    const long = "x".repeat(3000);
    const xattrs = { "user.p2p.url": "http://h/ä", "user.p2p.parents": long, "user.other": "hidden" };
    await served.tell("addBytes", "f", "hello", { xattrs });
    const path = served.path("f");
    const names = "print(sorted(os.listxattr(args[0])), os.listxattr(os.path.dirname(args[0])))";
    assert.equal(await python(names, path), "['user.p2p.parents', 'user.p2p.url'] []");
    const values =
      "print(os.getxattr(args[0], 'user.p2p.url').decode(), len(os.getxattr(args[0], 'user.p2p.parents')))";
    assert.equal(await python(values, path), "http://h/ä 3000");
    const sizes = `
import ctypes
libc, path, name = ctypes.CDLL(None, use_errno=True), os.fsencode(args[0]), b'user.p2p.url'
def ask(size):
    count = libc.getxattr(path, name, ctypes.create_string_buffer(64), size)
    return count if count >= 0 else errno.errorcode[ctypes.get_errno()]
def names(size):
    count = libc.listxattr(path, ctypes.create_string_buffer(64), size)
    return count if count >= 0 else errno.errorcode[ctypes.get_errno()]
print(ask(0), ask(11), ask(10), ask(1), names(0), names(30), names(29))`;
    assert.equal(await python(sizes, path), "11 11 ERANGE ERANGE 30 30 ERANGE");
    const absent = `
for name in ('user.p2p.nothing', 'user.other', 'security.capability', 'system.posix_acl_access', 'trusted.x'):
    print(name_of(lambda: os.getxattr(args[0], name)))`;
    const answers = (await python(absent, path)).split("\n");
    assert.deepEqual(answers.slice(0, 2), ["ENODATA", "ENODATA"]);
    // Python calls EOPNOTSUPP so; the kernel itself answers for some of them.
    for (const answer of answers.slice(2)) assert.match(answer, /^(ENOTSUP|EOPNOTSUPP|ENODATA)$/);
  },

  async "statfs tells the room there is"(t, { binding }) {
    const served = await serveMount(t, { binding });
    for (const totalBytes of [10 * 2 ** 30, 2 ** 46, 2 ** 55]) {
      const space = { totalBytes, freeBytes: totalBytes / 2, availableBytes: totalBytes / 4, files: 12_345 };
      await served.tell("setSpace", space);
      const { bsize, blocks, bfree, bavail, files } = await statfs(served.directory);
      assert.deepEqual(
        { totalBytes: blocks * bsize, freeBytes: bfree * bsize, availableBytes: bavail * bsize, files },
        space,
      );
    }
  },
};

export const CHANGING: PromiseTests = {
  async "Nothing can be changed"(t, { binding }) {
    const served = await serveMount(t, { binding });
    await served.tell("addBytes", "f", "hello", { xattrs: { "user.p2p.url": "x" } });
    await served.tell("addDirectory", "d");
    for (const change of await changesOf(served.directory)) {
      if (isRoot) assert.match(change, /: EROFS$/);
      else assert.match(change, /: (EROFS|EACCES|EPERM)$/);
    }
    assert.equal(await readFile(served.path("f"), "utf8"), "hello");
    await assert.rejects(stat(served.path("new")), failsWith("ENOENT"));
    assert.deepEqual(await served.tell("failures"), [], "a refused change is no failure");
  },

  async "A read-only mount says so itself"(t, { binding }) {
    const served = await serveMount(t, { binding, readOnly: true });
    await served.tell("addBytes", "f", "hello", { xattrs: { "user.p2p.url": "x" } });
    await served.tell("addDirectory", "d");
    for (const change of await changesOf(served.directory)) assert.match(change, /: EROFS$/);
    const writable = `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.access(os.fsencode(args[0]), os.W_OK), errno.errorcode[ctypes.get_errno()])`;
    assert.equal(await python(writable, served.path("f")), "-1 EROFS");
    assert.equal(await readFile(served.path("f"), "utf8"), "hello");
  },
};
