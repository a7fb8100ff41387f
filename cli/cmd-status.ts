/** `p2pfs status`: mounts, cluster, disk and tasks of the running daemon, for people or as JSON. */
import type { Command } from "commander";
import type { ClusterStatus__Output } from "../proto/gen/p2pfs/v1/ClusterStatus.ts";
import type { StatusResponse__Output } from "../proto/gen/p2pfs/v1/StatusResponse.ts";
import type { StorageStatus__Output } from "../proto/gen/p2pfs/v1/StorageStatus.ts";
import { hostTable, ownLines } from "./cluster-hosts.ts";
import { ask } from "./daemon-client.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./home.ts";
import { jsonText } from "./json.ts";
import { size } from "./progress.ts";
import { table } from "./table.ts";

/** Tasks that people are shown; --json shows all the daemon tells. */
const TASKS_SHOWN = 20;
/** Hosts that people are shown here; `p2pfs cluster hosts` shows all. */
const HOSTS_SHOWN = { hosts: 10, removed: 3 };

export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .description("Shows mounts, cluster, disk and tasks.")
    .option("--json", "for programs", false);
  withHomeOptions(command).action(async (flags: HomeOptions & { readonly json: boolean }) => {
    const client = await connectDaemon(await openHome(flags));
    try {
      const status = await ask(client.control, "status", {});
      process.stdout.write(flags.json ? jsonText(status) : describe(status, Date.now()));
    } finally {
      client.close();
    }
  });
}

function startedAt({ startedAt: at }: StatusResponse__Output): string {
  return new Date((at?.seconds ?? 0) * 1000).toISOString();
}

/** A few lines and tables. */
export function describe(status: StatusResponse__Output, nowMs: number): string {
  const { storage, mounts, tasks, cluster } = status;
  const lines = [
    `daemon   p2pfs ${status.version}, pid ${status.pid}, since ${startedAt(status)}, home ${status.workhome}`,
    ...(mounts.length === 0
      ? ["mounts   none"]
      : mounts.map(
          ({ directory, binding, readOnly }) => `mount    ${directory} (${binding}${readOnly ? ", ro" : ""})`,
        )),
  ];
  if (cluster) lines.push(...clusterLines(cluster, nowMs));
  if (storage)
    lines.push(
      `storage  ${storage.directory}: ${size(storage.usedBytes)} used, ${size(storage.availableBytes)} free of ${size(storage.totalBytes)}`,
      `content  ${contentOf(storage)}`,
    );
  lines.push(`tasks    ${status.taskCount}`);
  if (cluster?.membership && cluster.membership.members.length > 0)
    lines.push("", ...hostTable(cluster.membership, { nowMs, most: HOSTS_SHOWN }));
  const rows = tasks
    .slice(0, TASKS_SHOWN)
    .map((task) => [
      task.taskId.slice(0, 12),
      task.state,
      `${task.finishedPieceCount}/${task.pieceCount}`,
      size(task.contentLength),
      size(task.bytesFromSource),
      size(task.bytesFromPeers),
      task.url,
    ]);
  if (rows.length > 0)
    lines.push(
      "",
      ...table([["TASK", "STATE", "PIECES", "LENGTH", "FROM SOURCE", "FROM PEERS", "URL"], ...rows]),
    );
  const hidden = status.taskCount - rows.length;
  if (hidden > 0)
    lines.push(
      `and ${hidden} more, which ${tasks.length > rows.length ? "--json shows" : "were used longer ago"}`,
    );
  return `${lines.join("\n")}\n`;
}

/** Who we are, who knows the schedulers, and how each of them is. */
function clusterLines(status: ClusterStatus__Output, nowMs: number): string[] {
  const { hostId, source, failure, schedulers, membership } = status;
  if (source === "") return ["cluster  none: this host is by itself"];
  const serving = schedulers.filter((each) => each.serving).length;
  return [
    `cluster  host ${hostId}, ${serving} of ${schedulers.length} schedulers serving, told by ${source}`,
    // A cluster of our own says it below.
    ...(failure === "" || membership?.failure ? [] : [`         ${source} cannot be asked: ${failure}`]),
    ...schedulers.map(
      ({ address, serving: serves, reason }) =>
        `         ${address} ${serves ? "serves" : `does not serve: ${reason}`}`,
    ),
    ...(membership ? ownLines(membership, nowMs).map((line) => `         ${line}`) : []),
  ];
}

/** What is held, by what may become of it. */
function contentOf(storage: StorageStatus__Output): string {
  const { cacheBytes, cacheThresholdBytes, seededBytes, pinnedBytes } = storage;
  const bound = cacheThresholdBytes === 0 ? "" : ` of at most ${size(cacheThresholdBytes)}`;
  const kept = [
    ...(seededBytes === 0 ? [] : [`${size(seededBytes)} seeded`]),
    ...(pinnedBytes === 0 ? [] : [`${size(pinnedBytes)} pinned`]),
  ];
  return [`${size(cacheBytes)} cached${bound}`, ...kept].join(", ");
}
