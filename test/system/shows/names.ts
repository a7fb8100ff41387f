/** Names that are hard to tell apart still read right: servers that lie about folders, long URLs, a key beside a prefix. */
import assert from "node:assert/strict";
import { digestOf, randomContent } from "../../origin/content.ts";
import { type NginxOrigin, startNginx } from "../../origin/nginx.ts";
import { type DaemonProcess, mountedDaemon } from "../daemon.ts";
import { catSha256, output, sha256 } from "../processes.ts";
import type { Scope } from "../scope.ts";
import type { Figures } from "./figures.ts";
import { startStore } from "./object-store.ts";

const FILE_BYTES = 3_000_001;
/** Length of the signed URL, bytes; a name of a directory entry could have 255. */
const SIGNED_URL_BYTES = 600;

async function catIsRight(daemon: DaemonProcess, url: string, file: string): Promise<void> {
  assert.equal(await catSha256(daemon.path(url)), await sha256(file), url);
}

/** A server whose every folder answers the same: a page, or an error. */
export async function showLyingFolders(scope: Scope, everywhere: "html" | number): Promise<Figures> {
  const origin = await startNginx({ everywhere, locations: ["location = /a/deep/model.bin { }"] });
  scope.after(() => origin.stop());
  const file = await origin.write("a/deep/model.bin", randomContent(FILE_BYTES, 7));
  const daemon = await mountedDaemon(scope);
  await catIsRight(daemon, origin.url("a/deep/model.bin"), file);
  const answer = everywhere === "html" ? "200 and HTML" : String(everywhere);
  return { [`${answer} on every prefix`]: "cat is right" };
}

/** A URL of the given length, whose query nginx demands to the letter. */
async function signedOrigin(scope: Scope): Promise<{ origin: NginxOrigin; url: string }> {
  const query = "Expires=1999999999&OSSAccessKeyId=test&Signature=";
  const demanded = 'location /signed/ { if ($arg_Signature !~ "^%2Bx+%3D$") { return 403; } }';
  const origin = await startNginx({ locations: [demanded] });
  scope.after(() => origin.stop());
  const bare = `${origin.url("signed/model.bin")}?${query}%2B%3D`;
  const url = bare.replace("%2B%3D", `%2B${"x".repeat(SIGNED_URL_BYTES - bare.length)}%3D`);
  assert.equal(url.length, SIGNED_URL_BYTES);
  return { origin, url };
}

export async function showSignedUrl(scope: Scope): Promise<Figures> {
  const { origin, url } = await signedOrigin(scope);
  const file = await origin.write("signed/model.bin", randomContent(FILE_BYTES, 8));
  const daemon = await mountedDaemon(scope);
  const name = (await daemon.ask("p2pfs", ["link", url, "signed.bin"])).trim();
  const path = `${daemon.mountpoint}/url/signed.bin`;
  assert.equal(await catSha256(path), await sha256(file), `the linked file; p2pfs link said: ${name}`);
  // The same as one name of the mount, in which three characters of a URL are written with a percent sign.
  const query = url
    .slice(url.indexOf("?"))
    .replaceAll("%", "%25")
    .replaceAll("?", "%3F")
    .replaceAll("/", "%2F");
  const component = `model.bin${query}`;
  assert.ok(component.length > 255 && component.length < 1024);
  assert.equal(await catSha256(`${daemon.path(origin.url("signed"))}/${component}`), await sha256(file));
  return { [`a signed URL of ${url.length} bytes`]: "cat is right, linked and by its name" };
}

export async function showKeyBesidePrefix(scope: Scope, scheme: "oss" | "s3"): Promise<Figures> {
  const { server, config } = await startStore(scope, scheme);
  const contents = { a: randomContent(1_000_000, 1), "a/b": randomContent(FILE_BYTES, 2) };
  for (const [key, content] of Object.entries(contents)) server.objects.put("models", key, content);
  const daemon = await mountedDaemon(scope, { config });
  const bucket = `${daemon.mountpoint}/${scheme}/models`;
  assert.equal(await catSha256(`${bucket}/a@file`), digestOf(contents.a), "the key a");
  assert.equal(await catSha256(`${bucket}/a/b`), digestOf(contents["a/b"]), "the key a/b");
  assert.equal(await output(["ls", `${bucket}/a`]), "b", "the directory wins the name");
  return { [`key a beside key a/b in ${scheme}`]: "cat is right for both" };
}
