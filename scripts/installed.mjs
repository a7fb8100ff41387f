/**
 * Ends with 0 when node_modules holds exactly what package-lock.json says, else with 1. By content, not by times: a
 * checkout or an unpacked archive gives every file a new time.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

function packagesOf(path) {
  if (!existsSync(path)) return undefined;
  const { "": root, ...packages } = JSON.parse(readFileSync(path, "utf8")).packages;
  return packages;
}

const wanted = packagesOf(join(ROOT, "package-lock.json"));
// npm's own account of what it installed.
const present = packagesOf(join(ROOT, "node_modules/.package-lock.json"));

function matches() {
  if (wanted === undefined || present === undefined) return false;
  for (const [path, { version, integrity, optional }] of Object.entries(wanted)) {
    const found = present[path];
    // Optional packages are those of other platforms.
    if (found === undefined && optional) continue;
    if (found?.version !== version || found.integrity !== integrity) return false;
    if (!existsSync(join(ROOT, path, "package.json"))) return false;
  }
  return Object.keys(present).every((path) => path in wanted);
}

process.exit(matches() ? 0 : 1);
