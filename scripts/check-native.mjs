/**
 * Runs what tests native/linux under the address, undefined-behaviour and thread sanitizers: the channel without Node
 * (channel-stress.cc), then the addon's own suite in Node with each variant of the addon. Needs a built dist/.
 *
 *   node scripts/check-native.mjs [PART-OF-A-TEST'S-PATH…]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = join(ROOT, "native/linux");
const OUT = join(SOURCES, "build-checked");
const COMPILER = process.env.CXX ?? "g++";
/** Rounds of the stress: seconds under the slowest sanitizer. */
const STRESS_ROUNDS = "40";

/**
 * Node itself is not built with a sanitizer: the sanitizer's library is loaded before it, and what threads do in Node
 * alone is not looked at, for its locks are not seen either.
 */
const VARIANTS = [
  {
    name: "address",
    flags: "-fsanitize=address,undefined",
    libraries: ["libasan.so", "libubsan.so"],
    // Node does not free everything at its end; the stress, without Node, is checked for leaks.
    environment: { ASAN_OPTIONS: "detect_leaks=0", UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1" },
  },
  {
    name: "thread",
    flags: "-fsanitize=thread",
    libraries: ["libtsan.so"],
    environment: {
      TSAN_OPTIONS: "ignore_noninstrumented_modules=1:halt_on_error=1",
    },
  },
];

const COMMON = [
  "-std=c++17",
  "-g",
  "-O1",
  "-fno-omit-frame-pointer",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-pthread",
];
const STRESS = ["channel.cc", "channel_reader.cc", "spliced_reply.cc"].map((name) => join(SOURCES, name));

function fail(reason) {
  console.error(`check:native: ${reason}`);
  process.exit(1);
}

function run(command, args, environment = {}) {
  const env = { ...process.env, ...environment };
  const { status, error } = spawnSync(command, args, { cwd: ROOT, env, stdio: "inherit" });
  if (error !== undefined) fail(`${command} cannot be run: ${error.message}`);
  return status;
}

/** The sanitizers' shadow memory may collide with where Linux puts the program at random. */
function runAtFixedAddresses(words, environment) {
  return run("setarch", [process.arch === "arm64" ? "aarch64" : "x86_64", "-R", ...words], environment);
}

function compile(args) {
  if (run(COMPILER, [...COMMON, ...args]) !== 0) fail("the compiler refused");
}

function libraryPath(name) {
  const path = spawnSync(COMPILER, [`-print-file-name=${name}`], { encoding: "utf8" }).stdout.trim();
  if (!existsSync(path)) fail(`${name} cannot be found; it comes with ${COMPILER}`);
  return path;
}

function checkStress({ name, flags, environment }) {
  const program = join(OUT, `channel-stress-${name}`);
  compile([flags, "-o", program, ...STRESS, join(ROOT, "test/native/channel-stress.cc")]);
  const options = { ...environment, ASAN_OPTIONS: "detect_leaks=1" };
  if (runAtFixedAddresses([program, STRESS_ROUNDS], options) !== 0) fail(`the channel fails under ${flags}`);
}

function buildAddon({ name, flags }) {
  const headers = join(dirname(dirname(process.execPath)), "include/node");
  if (!existsSync(join(headers, "node_api.h"))) fail(`Node's headers are not in ${headers}`);
  const addon = join(OUT, `p2pfs_linux-${name}.node`);
  const sources = readdirSync(SOURCES).filter((file) => file.endsWith(".cc"));
  const defines = ["-DNAPI_VERSION=9", "-D_FILE_OFFSET_BITS=64"];
  const shared = ["-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-z,nodelete"];
  compile([
    flags,
    ...shared,
    ...defines,
    `-I${headers}`,
    "-o",
    addon,
    ...sources.map((file) => join(SOURCES, file)),
  ]);
  return addon;
}

function checkSuite(variant, wanted) {
  const addon = buildAddon(variant);
  const tests = ["dist/test/native", "dist/test/fs/bindings/native", "dist/test/mount"]
    .flatMap((folder) =>
      existsSync(join(ROOT, folder))
        ? readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name))
        : [],
    )
    .filter(
      (path) => path.endsWith(".test.js") && /\/native\/|mount\/kernel-channel/.test(path) && wanted(path),
    );
  if (tests.length === 0) fail("there are no built tests; `npm run build` makes them");
  const environment = {
    ...variant.environment,
    LD_PRELOAD: variant.libraries.map(libraryPath).join(":"),
    P2PFS_NATIVE_ADDON: addon,
  };
  for (const test of tests) {
    const status = runAtFixedAddresses([process.execPath, "--test", test], environment);
    if (status !== 0) fail(`${test.slice(ROOT.length + 1)} fails under ${variant.flags}`);
  }
}

if (process.platform !== "linux") fail("it is for Linux only");
const parts = process.argv.slice(2);
mkdirSync(OUT, { recursive: true });
for (const variant of VARIANTS) {
  if (parts.length === 0) checkStress(variant);
  checkSuite(variant, (name) => parts.length === 0 || parts.some((part) => name.includes(part)));
}
console.log("check:native: nothing found by the address, undefined-behaviour and thread sanitizers");
