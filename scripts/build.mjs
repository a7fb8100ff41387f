/**
 * Fills dist/: emits the TypeScript (type errors fail the build, after everything was emitted), copies the data files
 * that are read at run time beside it, makes the commands executable, removes what no source stands behind any more,
 * and builds the native parts where that is possible.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** The source folders, and which of their files are copied as they are. Tests read their data from the source tree. */
const SOURCE_FOLDERS = ["base", "proto", "fs", "daemon", "cli", "scripts", "test"];
const COPIED = [".proto"];

function filesUnder(folder) {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}

function isCopied(path) {
  return !path.startsWith("test/") && COPIED.some((end) => path.endsWith(end));
}

function removeStale() {
  for (const path of filesUnder("dist")) {
    const source = path.slice("dist/".length);
    const hasSource = source.endsWith(".js")
      ? existsSync(join(ROOT, source.replace(/\.js$/, ".ts")))
      : isCopied(source) && existsSync(join(ROOT, source));
    if (!hasSource) rmSync(join(ROOT, path));
  }
}

function compile() {
  const compiler = join(ROOT, "node_modules/.bin/tsc");
  if (!existsSync(compiler)) {
    console.error("build: the TypeScript compiler is not installed; run `npm ci` first");
    return 1;
  }
  return spawnSync(compiler, ["-p", ROOT], { cwd: ROOT, stdio: "inherit" }).status ?? 1;
}

function copyData() {
  for (const path of SOURCE_FOLDERS.flatMap(filesUnder).filter(isCopied)) {
    mkdirSync(dirname(join(ROOT, "dist", path)), { recursive: true });
    cpSync(join(ROOT, path), join(ROOT, "dist", path));
  }
}

function makeExecutable() {
  const { bin } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const path of Object.values(bin)) if (existsSync(join(ROOT, path))) chmodSync(join(ROOT, path), 0o755);
}

/** Where it cannot be built, mounts go another way: no reason to fail. One that does not compile is. */
function buildNative() {
  const script = join(ROOT, "scripts/build-native.mjs");
  if (process.platform !== "linux" || !existsSync(script)) return 0;
  return spawnSync(process.execPath, [script, "--if-possible"], { stdio: "inherit" }).status ?? 1;
}

removeStale();
const status = compile();
copyData();
makeExecutable();
process.exit(status || buildNative());
