/** Descriptors over Unix sockets: what the holder of a mount hands to a new daemon. */
import assert from "node:assert/strict";
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { describe, test } from "node:test";
import { scopeOf } from "../system/scope.ts";
import { addon, addonMissing } from "./built-addon.ts";

/** Descriptors of this process that lead to the path. */
function descriptorsOf(path: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      // The one that was listing.
      return false;
    }
  }).length;
}

describe("a pair of Unix sockets", { skip: addonMissing }, () => {
  test("carries a descriptor and the bytes beside it", async (t) => {
    const [left, right] = addon().socketPair("stream");
    t.after(() => [left, right].map(closeSync));
    const path = `${await scopeOf(t).folder()}/content`;
    writeFileSync(path, "behind the descriptor");
    const fd = openSync(path, "r");
    addon().sendDescriptor(left, fd, Buffer.from("take it"));
    closeSync(fd);
    const received = await addon().receiveDescriptor(right, 100, 5000);
    assert.equal(received.bytes.toString(), "take it");
    assert.equal(readFileSync(received.fd, "utf8"), "behind the descriptor");
    const flags = readFileSync(`/proc/self/fdinfo/${received.fd}`, "utf8");
    assert.match(flags, /^flags:\s+02\d{6}$/m, "it is not given to programs that are run");
    closeSync(received.fd);
    assert.equal(descriptorsOf(path), 0);
  });

  test("tells bytes without a descriptor, an end, and a time that is over", async (t) => {
    const [left, right] = addon().socketPair("stream");
    t.after(() => closeSync(right));
    writeSync(left, "bare");
    assert.deepEqual(await addon().receiveDescriptor(right, 100, 5000), {
      fd: -1,
      bytes: Buffer.from("bare"),
    });
    await assert.rejects(addon().receiveDescriptor(right, 100, 20), { code: "DEADLINE" });
    closeSync(left);
    await assert.rejects(addon().receiveDescriptor(right, 100, 5000), { code: "UNAVAILABLE" });
  });

  test("refuses what is no socket, no descriptor, or nothing to say", async (t) => {
    const [left, right] = addon().socketPair("messages");
    t.after(() => [left, right].map(closeSync));
    assert.throws(() => addon().sendDescriptor(left, 1_000_000, Buffer.from("x")), { code: "BAD_HANDLE" });
    assert.throws(() => addon().sendDescriptor(left, left, Buffer.alloc(0)), /1 to 65536 bytes/);
    assert.throws(() => addon().sendDescriptor(1_000_000, left, Buffer.from("x")), { code: "BAD_HANDLE" });
    await assert.rejects(addon().receiveDescriptor(1_000_000, 10, 10), { code: "BAD_HANDLE" });
    await assert.rejects(addon().receiveDescriptor(left, 0, 10), /1 to 65536 bytes/);
  });

  test("can be closed while somebody waits for a descriptor", async () => {
    const [left, right] = addon().socketPair("stream");
    const waiting = addon().receiveDescriptor(right, 10, 5000);
    closeSync(right);
    closeSync(left);
    await assert.rejects(waiting, { code: "UNAVAILABLE" });
  });

  test("knows who made it", (t) => {
    const [left, right] = addon().socketPair("stream");
    t.after(() => [left, right].map(closeSync));
    assert.deepEqual(addon().peerCredentials(left), {
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
    const file = openSync("/dev/null", "r");
    assert.throws(() => addon().peerCredentials(file));
    closeSync(file);
  });

  test("only a device of the kernel's FUSE is adopted", () => {
    const fd = openSync("/dev/null", "r");
    assert.ok(fstatSync(fd).isCharacterDevice());
    assert.throws(() => addon().adoptDescriptor(fd), { code: "INVALID_ARGUMENT" });
    assert.throws(() => addon().adoptDescriptor(1_000_000), { code: "BAD_HANDLE" });
    closeSync(fd);
  });
});
