/**
 * Shows p2pfs at work in a minute: an origin with a model, a mount, one tensor read lazily, then the whole file, a copy by dfget,
 * and where every byte came from; then three hosts that read it from each other. Uses a temporary workhome and removes everything, also on Ctrl-C.
 */
import { createHash } from "node:crypto";
import { copyFile, open } from "node:fs/promises";
import { join } from "node:path";
import { fromUnknown } from "../base/node-errors.ts";
import { type NginxOrigin, startNginx } from "../test/origin/nginx.ts";
import { clusterMissing } from "../test/system/cluster.ts";
import { type DaemonProcess, prepareDaemon } from "../test/system/daemon.ts";
import { ownCluster } from "../test/system/own-cluster.ts";
import { catSha256, sha256 } from "../test/system/processes.ts";
import { type Scope, withScope } from "../test/system/scope.ts";
import { formatBytes, formatMs, MIB } from "../test/system/shows/figures.ts";
import { readHeader, readTensor, writeSafetensors } from "./safetensors.ts";

const MODEL_BYTES = 200 * MIB;
const MODEL_NAME = "model.safetensors";

function say(what: string, text: string): void {
  console.log(`${what.padEnd(9)} ${text}`);
}

function verdict(same: boolean): string {
  if (!same) process.exitCode = 1;
  return same ? "as the origin's" : "WRONG";
}

async function startOrigin(scope: Scope): Promise<{ origin: NginxOrigin; file: string; bytes: number }> {
  const origin = await startNginx();
  scope.after(() => origin.stop());
  const file = join(origin.root, MODEL_NAME);
  await writeSafetensors(file, MODEL_BYTES);
  const handle = await open(file);
  const { size } = await handle.stat();
  const tensors = await readHeader(handle);
  await handle.close();
  say("origin", `nginx serves ${origin.url(MODEL_NAME)}: ${formatBytes(size)}, ${tensors.length} tensors`);
  return { origin, file, bytes: size };
}

/** Runs a command of ours; resolves to how long it took, ms. */
async function timedAsk(
  daemon: DaemonProcess,
  name: "p2pfs" | "dfget",
  args: readonly string[],
): Promise<number> {
  const begin = performance.now();
  await daemon.ask(name, args);
  return performance.now() - begin;
}

async function readOneTensor(daemon: DaemonProcess, origin: NginxOrigin, file: string, bytes: number) {
  const mounted = daemon.path(origin.url(MODEL_NAME));
  const handle = await open(mounted);
  const begin = performance.now();
  try {
    const tensors = await readHeader(handle);
    const tensor = tensors.filter(({ name }) => name.endsWith("up_proj.weight")).at(3);
    if (tensor === undefined) return;
    const digest = createHash("sha256")
      .update(await readTensor(handle, tensor))
      .digest("hex");
    const durationMs = performance.now() - begin;
    const there = await open(file);
    const expected = createHash("sha256")
      .update(await readTensor(there, tensor))
      .digest("hex");
    await there.close();
    const sent = await origin.bytesSent();
    const length = formatBytes(tensor.end - tensor.offset);
    say(
      "tensor",
      `${tensor.name} ${tensor.dtype} [${tensor.shape.join(", ")}], ${length}, in ${formatMs(durationMs)}`,
    );
    say(
      "",
      `sha256 ${verdict(digest === expected)}; the origin sent ${formatBytes(sent)} of ${formatBytes(bytes)}`,
    );
  } finally {
    await handle.close();
  }
}

async function readWhole(daemon: DaemonProcess, origin: NginxOrigin, file: string, bytes: number) {
  const mounted = daemon.path(origin.url(MODEL_NAME));
  const begin = performance.now();
  const digest = await catSha256(mounted);
  const durationMs = performance.now() - begin;
  const sent = await origin.bytesSent();
  say(
    "whole",
    `cat ${MODEL_NAME} | sha256sum in ${formatMs(durationMs)}: ${verdict(digest === (await sha256(file)))}`,
  );
  say("", `the origin has sent ${formatBytes(sent)} in all, ${(sent / bytes).toFixed(3)} of the file`);
}

async function copy(daemon: DaemonProcess, origin: NginxOrigin, file: string, folder: string) {
  const before = await origin.bytesSent();
  const target = join(folder, "copy.safetensors");
  const durationMs = await timedAsk(daemon, "dfget", [origin.url(MODEL_NAME), "-O", target, "--no-progress"]);
  const sent = (await origin.bytesSent()) - before;
  const same = (await sha256(target)) === (await sha256(file));
  say(
    "dfget",
    `copied it in ${formatMs(durationMs)}, sha256 ${verdict(same)}; the origin sent ${formatBytes(sent)} more`,
  );
}

async function tellOrigins(daemon: DaemonProcess, origin: NginxOrigin) {
  const found = await daemon.attributes(daemon.path(origin.url(MODEL_NAME)));
  const of = (name: string) => formatBytes(Number(found[name] ?? 0));
  say(
    "where",
    `from the source ${of("bytes_from_source")}, from peers ${of("bytes_from_peers")} (user.p2p.* of the file)`,
  );
  say("", `pieces ${found.pieces}, ${found.state}, verified: ${found.verified}`);
  const log = (await origin.log()).filter(({ bodyBytes }) => bodyBytes > 1);
  say("", `the origin's log: ${log.length} GETs with ${formatBytes(await origin.bytesSent())}`);
  for (const line of (await daemon.ask("p2pfs", ["status"])).trimEnd().split("\n")) say("", `  ${line}`);
}

/** The same file on three hosts: two of them take it from their neighbours. */
async function showCluster(scope: Scope, file: string): Promise<void> {
  const missing = clusterMissing();
  if (missing !== false) {
    say("hosts", `three of them are shown where network namespaces can be made: ${missing}`);
    return;
  }
  const lab = await ownCluster(scope, { peers: 3 });
  await copyFile(file, join(lab.origin.root, MODEL_NAME));
  say("hosts", "p2pfs cluster init on one, the line it prints on two more, p2pfs mount on each");
  const url = lab.origin.url(MODEL_NAME);
  const expected = await sha256(file);
  for (const host of lab.peers) {
    const before = await lab.origin.bytesSent();
    const same = (await catSha256(host.path(url))) === expected;
    const sent = (await lab.origin.bytesSent()) - before;
    const { bytes_from_peers: peers } = await host.attributes(host.path(url));
    const from = `${formatBytes(sent)} from the origin, ${formatBytes(Number(peers))} from the other hosts, in TLS`;
    say("", `${host.name} ${host.address} read it, sha256 ${verdict(same)}: ${from}`);
  }
}

async function demo(scope: Scope): Promise<void> {
  const { origin, file, bytes } = await startOrigin(scope);
  const daemon = await prepareDaemon(scope);
  const mountMs = await timedAsk(daemon, "p2pfs", ["mount", daemon.mountpoint]);
  say("mount", `p2pfs mount ${daemon.mountpoint} in ${formatMs(mountMs)}, daemon ${daemon.pid}`);
  await readOneTensor(daemon, origin, file, bytes);
  await readWhole(daemon, origin, file, bytes);
  await copy(daemon, origin, file, await scope.folder("p2pfs-copy-"));
  await tellOrigins(daemon, origin);
  await daemon.unmount();
  await showCluster(scope, file);
  say("end", `p2pfs umount ${daemon.mountpoint}`);
}

try {
  await withScope(demo);
  say("", "processes, mount and temporary folders are gone");
} catch (error) {
  console.error(`demo: ${fromUnknown(error).message}`);
  process.exitCode = 1;
}
