/** What fstab and mount(8) say to `p2pfs mount`. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseMountOptions, withoutHelperForm } from "../../cli/mount-options.ts";

describe("the options of mount -o", () => {
  test("that are ours are taken, those of every filesystem passed over", () => {
    const found = parseMountOptions([
      "rw,noauto,user,_netdev,nofail,x-systemd.automount,x-systemd.mount-timeout=30,nosuid,nodev,noatime,defaults",
      "allow_other,uid=1000,gid=1001,umask=022,binding=fuse-native,workhome=/w,config=/c=d.yaml,ro,fsname=x",
    ]);
    assert.deepEqual(found, {
      allowOther: true,
      uid: "1000",
      gid: "1001",
      umask: "022",
      binding: "fuse-native",
      workhome: "/w",
      config: "/c=d.yaml",
      readOnly: true,
    });
  });

  test("that nobody knows are refused by name", () => {
    for (const word of ["banana", "uid", "autox", "rwx", "allow_others"])
      assert.throws(() => parseMountOptions([word]), {
        code: "INVALID_ARGUMENT",
        message: `the mount option ${word} is not known`,
      });
  });
});

describe("the form in which mount(8) calls its helpers", () => {
  const commands = new Set(["mount", "umount", "status", "help"]);

  test("becomes that of the command", () => {
    assert.deepEqual(withoutHelperForm(["p2pfs", "/p2p", "-o", "rw,allow_other"], commands), [
      "mount",
      "/p2p",
      "-o",
      "rw,allow_other",
    ]);
    assert.deepEqual(withoutHelperForm(["none", "/p2p", "-n", "-s", "-o", "rw"], commands), [
      "mount",
      "/p2p",
      "-o",
      "rw",
    ]);
  });

  test("is told from every other", () => {
    for (const args of [
      [],
      ["mount", "/p2p", "-o", "rw"],
      ["status", "--json"],
      ["frobnicate"],
      ["mont", "/p2p"],
      ["--version"],
      ["a", "-o", "x"],
    ])
      assert.deepEqual(withoutHelperForm(args, commands), args);
  });
});
