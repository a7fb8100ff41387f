/**
 * Builds native/linux, p2pfs's own channel to the kernel, into native/linux/build/. Only where something changed. Needs
 * g++, make and python3, and no network where Node's headers lie beside it (<prefix>/include/node).
 *
 *   node scripts/build-native.mjs                  fails when it cannot build
 *   node scripts/build-native.mjs --if-possible    says why in one sentence, and ends well: the daemon then uses fuse-native
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = join(ROOT, "native/linux");
const BUILT = join(SOURCES, "build/Release/p2pfs_linux.node");
const GYP = join(ROOT, "node_modules/node-gyp/bin/node-gyp.js");
/** Lines of a failed build's output that are shown. */
const LINES_SHOWN = 40;

function isOnPath(program) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}

function whyNot() {
  if (process.platform !== "linux") return "it is for Linux only";
  if (!existsSync(GYP)) return "node-gyp is not installed (`npm ci` brings it)";
  const compiler = process.env.CXX ?? "g++";
  const missing = [compiler.split(" ")[0], "make", "python3"].filter((program) => !isOnPath(program));
  return missing.length === 0
    ? undefined
    : `${missing.join(", ")} cannot be found (scripts/setup.sh installs them)`;
}

function isUpToDate() {
  if (!existsSync(BUILT)) return false;
  const builtMs = statSync(BUILT).mtimeMs;
  return readdirSync(SOURCES, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".ts"))
    .every((entry) => statSync(join(SOURCES, entry.name)).mtimeMs < builtMs);
}

/** Node-API is the same for every version of Node, so any headers do; those beside this Node need no download. */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, "include/node/node_api.h")) ? [`--nodedir=${prefix}`] : [];
}

function build() {
  // node-gyp takes a stale configuration of another Node for its own.
  rmSync(join(SOURCES, "build"), { recursive: true, force: true });
  const words = [GYP, "rebuild", "-C", SOURCES, "--loglevel=error", ...headers()];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status === 0) return undefined;
  const lines = `${stdout}${stderr}`.trimEnd().split("\n");
  return `it did not compile:\n${lines.slice(-LINES_SHOWN).join("\n")}`;
}

const ifPossible = process.argv.includes("--if-possible");
const refusal = whyNot();
const failure = refusal ?? (isUpToDate() ? undefined : build());
if (failure !== undefined) {
  const meaning =
    refusal !== undefined && ifPossible ? "; mounts use fuse-native instead, which is slower" : "";
  console.error(`build: the kernel channel native/linux was not built: ${failure}${meaning}`);
}
process.exit(failure === undefined || (ifPossible && refusal !== undefined) ? 0 : 1);
