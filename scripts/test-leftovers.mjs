/**
 * What a test file leaves behind: processes that carry its mark in their environment, mounts and files under its own
 * temporary folder. Everything found is ended, unmounted and removed, and told, so that one test cannot harm the next.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Time that processes told to stop may still take before they count as left behind, ms. */
const GRACE_MS = 3000;

/** Environment variable whose value marks the processes of one test file. */
export const MARK = "P2PFS_TEST_FILE";

function readOr(path, fallback) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone meanwhile, or another user's: not ours either way.
    return fallback;
  }
}

function processesOf(mark) {
  const found = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    if (!readOr(`/proc/${pid}/environ`, "").split("\0").includes(`${MARK}=${mark}`)) continue;
    found.push({
      pid: Number(pid),
      command: readOr(`/proc/${pid}/cmdline`, "").replaceAll("\0", " ").trim(),
    });
  }
  return found;
}

/** mountinfo writes blanks and the like as octal escapes. */
function mountsUnder(folder) {
  return readOr("/proc/self/mountinfo", "")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((path) => path.startsWith(folder + sep))
    .reverse();
}

function unmount(path) {
  if (process.getuid?.() === 0) return spawnSync("umount", ["-l", path]);
  return spawnSync("fusermount", ["-uz", path]);
}

async function stillRunning(mark) {
  if (process.platform !== "linux") return [];
  const until = Date.now() + GRACE_MS;
  let found = processesOf(mark);
  while (found.length > 0 && Date.now() < until) {
    await delay(50);
    found = processesOf(mark);
  }
  return found;
}

/** Removes the folder unless something is still mounted below it: never descend into that. Tells whether it did. */
export function removeUnmounted(folder) {
  if (mountsUnder(folder).length > 0) return false;
  rmSync(folder, { recursive: true, force: true });
  return true;
}

/** Clears away what the test file with this mark and this temporary folder left; returns one sentence for each thing. */
export async function clearLeftovers(mark, folder) {
  const told = [];
  for (const { pid, command } of await stillRunning(mark)) {
    told.push(`a process still ran: ${pid} ${command.slice(0, 160)}`);
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended between the look and the signal.
    }
  }
  if (told.length > 0) await stillRunning(mark);
  for (const path of mountsUnder(folder)) {
    told.push(`a mount was left: ${path}`);
    unmount(path);
  }
  for (const name of readdirSync(folder)) told.push(`a file was left: ${join(folder, name)}`);
  if (!removeUnmounted(folder)) told.push(`the mounts under ${folder} could not be undone`);
  return told;
}
