/**
 * What follows from what `p2pfs doctor` found: one line for each check, and what to do next where something is amiss. Pure.
 * A problem is what keeps p2pfs from working; a note is what makes it slower, or may surprise.
 */
import { NODE_VERSION_MIN, STORAGE_ROOM_LOW_BYTES } from "../../base/limits.ts";
import { OWN_MOUNT_TYPE } from "../../base/mount-table.ts";
import { size } from "../progress.ts";
import type { DaemonFacts, Facts, MachineFacts, MountFacts, StorageFacts, Trial } from "./facts.ts";

export interface Finding {
  readonly check: string;
  readonly level: "ok" | "note" | "problem";
  /** One sentence. */
  readonly text: string;
  /** What to do next. */
  readonly advice?: string;
}

/** Which way mounts will take, and why. */
export interface ReadPath {
  readonly binding: "native" | "fuse-native" | "none";
  /** Who answers reads of complete files. */
  readonly reads: "passthrough" | "native threads" | "fuse-native" | "nobody";
  readonly because: string;
}

/** Filesystems whose files are somewhere else: slower than what is cached there, or gone with the network. */
const REMOTE = new Set(["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre", "beegfs", "glusterfs"]);

/** One finding for each check, in the order they are shown. */
export function findingsOf(facts: Facts): Finding[] {
  const { machine, config } = facts;
  return [
    nodeFinding(machine),
    ...(config.refusal === undefined ? [] : [problem("config", config.refusal, "correct that key")]),
    deviceFinding(machine),
    ...rightsFindings(machine),
    addonFinding(machine),
    readPathFinding(readPathOf(facts), machine),
    ...storageFindings(facts),
    daemonFinding(facts.daemon, facts.version),
    ...socketFindings(facts.daemon, machine),
    ...facts.mounts.map(mountFinding),
    ...kernelFindings(facts),
    ...surroundingFindings(machine),
  ];
}

/** @returns true when nothing keeps p2pfs from working */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level !== "problem");
}

/** How a mount made now would reach the kernel. */
export function readPathOf({ machine, storage }: Pick<Facts, "machine" | "storage">): ReadPath {
  const none = (because: string): ReadPath => ({ binding: "none", reads: "nobody", because });
  if (machine.device !== "usable") return none(`/dev/fuse is ${machine.device}`);
  if (!mayMount(machine)) return none("CAP_SYS_ADMIN is missing, and no fusermount3 can stand in for it");
  if (!machine.addon.usable) {
    if (!machine.libfuse.usable) return none(`${machine.addon.reason}, and ${machine.libfuse.reason}`);
    return { binding: "fuse-native", reads: "fuse-native", because: machine.addon.reason };
  }
  const refusal = passthroughRefusal(machine, storage);
  return refusal === undefined
    ? { binding: "native", reads: "passthrough", because: "the kernel reads complete files itself" }
    : { binding: "native", reads: "native threads", because: refusal };
}

function passthroughRefusal(machine: MachineFacts, storage: Trial<StorageFacts>): string | undefined {
  if (!machine.sysAdmin) return "without CAP_SYS_ADMIN the kernel passes no reads through";
  if (!machine.firstUserNamespace)
    return "CAP_SYS_ADMIN counts in the first user namespace only, and this is another";
  if (!storage.tried) return `it could not be tried: ${storage.reason}`;
  const { passthrough } = storage.found;
  return passthrough.tried ? passthrough.found : `it could not be tried: ${passthrough.reason}`;
}

function mayMount(machine: MachineFacts): boolean {
  return machine.sysAdmin || (machine.helper !== undefined && machine.helperGains);
}

function nodeFinding({ nodeVersion }: MachineFacts): Finding {
  return isAtLeast(nodeVersion, NODE_VERSION_MIN)
    ? ok("node", `Node ${nodeVersion}`)
    : problem("node", `Node ${nodeVersion} is older than ${NODE_VERSION_MIN}`, "install a newer Node.js");
}

function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split(".").map(Number));
  for (const [index, number] of (want ?? []).entries()) {
    const difference = (have?.[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function deviceFinding({ device, deviceMode, uid }: MachineFacts): Finding {
  if (device === "usable" && uid === 0 && deviceMode !== "0666")
    return note(
      "device",
      `/dev/fuse can be opened by root alone (mode ${deviceMode})`,
      "chmod 0666 /dev/fuse lets others mount",
    );
  if (device === "usable") return ok("device", `/dev/fuse can be opened (mode ${deviceMode})`);
  if (device === "missing")
    return problem(
      "device",
      "/dev/fuse is missing",
      "modprobe fuse, or start the container with --device /dev/fuse --cap-add SYS_ADMIN",
    );
  return problem(
    "device",
    `/dev/fuse may not be opened by this user (mode ${deviceMode})`,
    "chmod 0666 /dev/fuse",
  );
}

function rightsFindings(machine: MachineFacts): Finding[] {
  const { sysAdmin, firstUserNamespace, helper, helperGains, uid, userAllowOther } = machine;
  const findings: Finding[] = [];
  if (sysAdmin && firstUserNamespace)
    findings.push(ok("rights", "CAP_SYS_ADMIN in the first user namespace"));
  else if (sysAdmin) findings.push(note("rights", "CAP_SYS_ADMIN, but not in the first user namespace"));
  else if (helper === undefined)
    findings.push(
      problem(
        "rights",
        "neither CAP_SYS_ADMIN nor fusermount3",
        "install fusermount3 (Debian's package fuse3)",
      ),
    );
  else if (!helperGains)
    findings.push(
      problem(
        "rights",
        `no CAP_SYS_ADMIN, and ${helper} may not gain it (no_new_privs, or bounded capabilities)`,
        "give the container the capability SYS_ADMIN",
      ),
    );
  else findings.push(note("rights", `no CAP_SYS_ADMIN; ${helper} mounts`));
  if (sysAdmin && helper === undefined)
    findings.push(
      note(
        "fusermount",
        "fusermount3 is not there; other users cannot mount",
        "install Debian's package fuse3",
      ),
    );
  if (uid !== 0 && !userAllowOther)
    findings.push(
      note(
        "allow-other",
        "--allow-other is refused to this user",
        "add the line user_allow_other to /etc/fuse.conf",
      ),
    );
  return findings;
}

function addonFinding({ addon, libfuse }: MachineFacts): Finding {
  if (addon.usable) return ok("addon", "the kernel channel is built and loads");
  const advice = "npm run build:native";
  return libfuse.usable
    ? note("addon", addon.reason, advice)
    : problem("addon", `${addon.reason}; ${libfuse.reason}`, advice);
}

function readPathFinding(path: ReadPath, machine: MachineFacts): Finding {
  const { binding, reads, because } = path;
  if (binding === "none") return problem("reads", `nothing can be mounted: ${because}`, "see above");
  if (reads === "passthrough") return ok("reads", `binding native, passthrough: ${because}`);
  if (binding === "native")
    return note("reads", `binding native, native threads: ${because}`, wayOut(machine));
  return note("reads", `binding fuse-native: ${because}`, "npm run build:native");
}

function wayOut(machine: MachineFacts): string | undefined {
  if (!machine.sysAdmin) return "run the daemon as root, or with CAP_SYS_ADMIN, on Linux 6.9 or newer";
  if (!machine.firstUserNamespace) return "run the daemon outside of the user namespace";
  return undefined;
}

function storageFindings({ storage, config }: Facts): Finding[] {
  if (!storage.tried) return [problem("storage", storage.reason, "set storage.dir to a local folder")];
  const { directory, existing, filesystem, availableBytes, totalBytes, punchesHoles, directIo } =
    storage.found;
  const where = existing === directory ? directory : `${directory} (not made yet; ${existing} was looked at)`;
  const room = `${size(availableBytes)} free of ${size(totalBytes)}`;
  const findings: Finding[] = [placeFinding(filesystem, `${where}: ${filesystem}, ${room}`)];
  if (availableBytes < STORAGE_ROOM_LOW_BYTES)
    findings.push(
      problem("room", `${size(availableBytes)} are free for the storage`, "make room on that disk"),
    );
  else if (config.diskThresholdBytes > totalBytes)
    findings.push(
      note(
        "room",
        `gc.policy.diskThreshold (${size(config.diskThresholdBytes)}) is more than the disk has`,
        "lower it",
      ),
    );
  if (punchesHoles.tried && !punchesHoles.found)
    findings.push(
      note(
        "holes",
        "parts of a file cannot be freed there: only whole files are evicted",
        "use ext4, xfs or btrfs",
      ),
    );
  if (directIo.tried && !directIo.found)
    findings.push(note("direct-io", "programs that read with O_DIRECT fail on complete files there"));
  return findings;
}

function placeFinding(filesystem: string, text: string): Finding {
  if (filesystem === "tmpfs" || filesystem === "ramfs")
    return note("storage", `${text}: what is cached there takes memory and is gone at a restart`);
  if (REMOTE.has(filesystem) || filesystem.startsWith("fuse"))
    return note("storage", `${text}: the cache is not on a local disk`, "set storage.dir to a local folder");
  if (filesystem === "overlay")
    return note("storage", `${text}: no other overlay can be put on top of the mount`, "use a volume");
  return ok("storage", text);
}

function daemonFinding({ running, refusal, socketPath, pidFile }: DaemonFacts, version: string): Finding {
  if (refusal !== undefined)
    return problem(
      "daemon",
      `what answers on ${socketPath} gives no status: ${refusal}`,
      "stop it and start anew",
    );
  if (running === undefined) {
    if (pidFile === undefined) return ok("daemon", "none is running; p2pfs mount starts one");
    return pidFile.alive
      ? problem(
          "daemon",
          `process ${pidFile.pid} of ${pidFile.path} does not answer`,
          `look at its log, or kill ${pidFile.pid}`,
        )
      : note(
          "daemon",
          `none is running; ${pidFile.path} is left of process ${pidFile.pid}`,
          "the next start replaces it",
        );
  }
  const text = `p2pfs ${running.version} serves, pid ${running.pid}`;
  if (running.version !== version)
    return note("daemon", `${text}; this command is ${version}`, "restart the daemon to use the newer one");
  return ok("daemon", text);
}

function socketFindings({ socket, groupId, running }: DaemonFacts, { uid }: MachineFacts): Finding[] {
  if (socket === undefined || running === undefined || uid !== 0) return [];
  if (groupId === undefined)
    return [
      note(
        "socket",
        `root alone may use the daemon (mode ${socket.mode})`,
        "groupadd --system p2pfs lets its members in",
      ),
    ];
  if (socket.gid !== groupId)
    return [
      note(
        "socket",
        "the group p2pfs was made after the daemon began",
        "restart the daemon to let the group in",
      ),
    ];
  return [ok("socket", `members of the group p2pfs may use the daemon (mode ${socket.mode})`)];
}

function mountFinding({ directory, state, readAheadKib }: MountFacts): Finding {
  if (state === "answers")
    return ok(
      "mount",
      `${directory} answers${readAheadKib === undefined ? "" : `, read-ahead ${readAheadKib} KiB`}`,
    );
  if (state === "disconnected")
    return problem(
      "mount",
      `${directory} was left by a daemon that died`,
      `p2pfs mount ${directory} heals it, p2pfs umount ${directory} takes it away`,
    );
  if (state === "hangs")
    return problem("mount", `${directory} does not answer`, `p2pfs umount --force ${directory} ends it`);
  return note("mount", `${directory} cannot be looked at by this user`);
}

function kernelFindings({ machine, config }: Facts): Finding[] {
  const limitS = machine.requestTimeoutS ?? 0;
  if (limitS === 0) return [ok("kernel", `Linux ${machine.kernel}`)];
  const longestS = Math.ceil(config.readTimeoutMs / 1000);
  if (limitS > longestS) return [ok("kernel", `Linux ${machine.kernel}, requests may take ${limitS} s`)];
  return [
    problem(
      "kernel",
      `fs.fuse.max_request_timeout is ${limitS} s: a read that waits so long ends the whole mount, and may wait ${longestS} s`,
      `sysctl fs.fuse.max_request_timeout=0, or mount.readTimeout below ${limitS}s`,
    ),
  ];
}

function surroundingFindings({ updatedb, proxies }: MachineFacts): Finding[] {
  const findings: Finding[] = [];
  if (updatedb?.pruned.includes(OWN_MOUNT_TYPE) === false)
    findings.push(
      note(
        "updatedb",
        `${updatedb.path} does not leave out p2pfs: updatedb lists every directory of the mounts`,
        updatedb.pruned.length === 0
          ? `echo 'PRUNEFS="${OWN_MOUNT_TYPE}"' >>${updatedb.path}`
          : `sed -i 's/^PRUNEFS *= *"/&${OWN_MOUNT_TYPE} /' ${updatedb.path}`,
      ),
    );
  if (updatedb?.pruned.includes(OWN_MOUNT_TYPE))
    findings.push(ok("updatedb", `${updatedb.path} leaves out p2pfs`));
  if (proxies.length > 0)
    findings.push(
      note(
        "proxies",
        `origins are reached through the proxies of ${proxies.join(", ")}`,
        "no_proxy names exceptions",
      ),
    );
  return findings;
}

function ok(check: string, text: string): Finding {
  return { check, level: "ok", text };
}

function note(check: string, text: string, advice?: string): Finding {
  return { check, level: "note", text, ...(advice === undefined ? {} : { advice }) };
}

function problem(check: string, text: string, advice: string): Finding {
  return { check, level: "problem", text, advice };
}
