/** `p2pfs status`: mounts, cluster, disk and tasks of the running daemon, for people or as JSON. */
import type { Command } from "commander";
import type { ClusterStatus__Output } from "../proto/gen/p2pfs/v1/ClusterStatus.ts";
import type { MembershipStatus__Output } from "../proto/gen/p2pfs/v1/MembershipStatus.ts";
import type { StatusResponse__Output } from "../proto/gen/p2pfs/v1/StatusResponse.ts";
import type { StorageStatus__Output } from "../proto/gen/p2pfs/v1/StorageStatus.ts";
import { ask } from "./daemon-client.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type HomeOptions, openHome, withHomeOptions } from "./home.ts";
import { size } from "./progress.ts";

/** Tasks that people are shown; --json shows all the daemon tells. */
const TASKS_SHOWN = 20;

export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .description("Shows mounts, cluster, disk and tasks.")
    .option("--json", "for programs", false);
  withHomeOptions(command).action(async (flags: HomeOptions & { readonly json: boolean }) => {
    const client = await connectDaemon(await openHome(flags));
    try {
      const status = await ask(client.control, "status", {});
      process.stdout.write(
        flags.json ? `${JSON.stringify(asJson(status), undefined, 2)}\n` : describe(status),
      );
    } finally {
      client.close();
    }
  });
}

function startedAt({ startedAt: at }: StatusResponse__Output): string {
  return new Date((at?.seconds ?? 0) * 1000).toISOString();
}

function asJson(status: StatusResponse__Output): object {
  return { ...status, startedAt: startedAt(status) };
}

/** A few lines and two tables. */
export function describe(status: StatusResponse__Output): string {
  const { storage, mounts, tasks, cluster } = status;
  const lines = [
    `daemon   p2pfs ${status.version}, pid ${status.pid}, since ${startedAt(status)}, home ${status.workhome}`,
    ...(mounts.length === 0
      ? ["mounts   none"]
      : mounts.map(
          ({ directory, binding, readOnly }) => `mount    ${directory} (${binding}${readOnly ? ", ro" : ""})`,
        )),
  ];
  if (cluster) lines.push(...clusterLines(cluster));
  if (storage)
    lines.push(
      `storage  ${storage.directory}: ${size(storage.usedBytes)} used, ${size(storage.availableBytes)} free of ${size(storage.totalBytes)}`,
      `content  ${contentOf(storage)}`,
    );
  lines.push(`tasks    ${status.taskCount}`);
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
function clusterLines(status: ClusterStatus__Output): string[] {
  const { hostId, source, failure, schedulers, membership } = status;
  if (source === "") return ["cluster  none: this host is by itself"];
  const serving = schedulers.filter((each) => each.serving).length;
  return [
    `cluster  host ${hostId}, ${serving} of ${schedulers.length} schedulers serving, told by ${source}`,
    ...(failure === "" ? [] : [`         ${source} cannot be asked: ${failure}`]),
    ...schedulers.map(
      ({ address, serving: serves, reason }) =>
        `         ${address} ${serves ? "serves" : `does not serve: ${reason}`}`,
    ),
    ...(membership ? memberLines(membership) : []),
  ];
}

/** The hosts of a cluster of our own, the last seen first. */
function memberLines(membership: MembershipStatus__Output): string[] {
  const { roles, isIssuer, issuer, certificateUntil, failure, members, memberCount } = membership;
  const until = new Date((certificateUntil?.seconds ?? 0) * 1000).toISOString().slice(0, 10);
  const parts = [...(isIssuer ? ["authority"] : []), ...roles];
  const hidden = memberCount - members.length;
  return [
    `         this host: ${parts.length === 0 ? "peer" : parts.join(", ")}; its certificate ends ${until}`,
    ...(failure === "" ? [] : [`         ${issuer} cannot be asked for the hosts: ${failure}`]),
    ...members.map((host) => {
      const does = [...(host.isIssuer ? ["authority"] : []), ...host.roles];
      const seen = new Date((host.seenAt?.seconds ?? 0) * 1000).toISOString();
      return `         host ${host.hostname} ${host.ip}: ${does.length === 0 ? "peer" : does.join(", ")}; seen ${seen}`;
    }),
    ...(hidden > 0 && members.length > 0 ? [`         and ${hidden} more hosts`] : []),
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

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
