/** cat of names that are hard to tell apart. */
import { describe, test } from "node:test";
import { nginxMissing } from "../origin/nginx.ts";
import { mountMissing } from "./daemon.ts";
import { scopeOf } from "./scope.ts";
import { showKeyBesidePrefix, showLyingFolders, showSignedUrl } from "./shows/names.ts";

describe("names of the mount", { skip: nginxMissing() || mountMissing() }, () => {
  test("cat works where every prefix answers 200 and HTML", async (t) => {
    await showLyingFolders(scopeOf(t), "html");
  });

  for (const status of [404, 403]) {
    test(`cat works where every prefix answers ${status}`, async (t) => {
      await showLyingFolders(scopeOf(t), status);
    });
  }

  test("cat works for a signed URL of 600 bytes, linked and by its name", async (t) => {
    await showSignedUrl(scopeOf(t));
  });

  for (const scheme of ["oss", "s3"] as const) {
    test(`cat works for a key a beside a key a/b in ${scheme}`, async (t) => {
      await showKeyBesidePrefix(scopeOf(t), scheme);
    });
  }
});
