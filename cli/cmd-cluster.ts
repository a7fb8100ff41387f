/** `p2pfs cluster`: makes a cluster of hosts that know each other by certificates, and gets hosts into it. */
import { randomBytes } from "node:crypto";
import { text as textOf } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { systemClock } from "../base/clock.ts";
import { InvalidInputError, NotFoundError, P2pfsError, UnavailableError } from "../base/errors.ts";
import { MEMBERS_MAX, TOKEN_LIFE_MS, TOKEN_LIFE_MS_MAX } from "../base/limits.ts";
import { parseDurationMs } from "../daemon/config/duration.ts";
import { MemberFiles } from "../daemon/membership/member-files.ts";
import { type MemberState, parseRoles, ROLES } from "../daemon/membership/member-state.ts";
import { clusterHost } from "./cluster-host.ts";
import { hostTable, unheard } from "./cluster-hosts.ts";
import { ask, daemonAnswers } from "./daemon-client.ts";
import { restartDaemon } from "./daemon-restart.ts";
import { connectDaemon } from "./daemon-start.ts";
import { type Home, type HomeOptions, openHome, withHomeOptions } from "./home.ts";
import { jsonText } from "./json.ts";
import { table } from "./table.ts";

interface SetUpFlags extends HomeOptions {
  readonly force: boolean;
  /** --no-start. */
  readonly start: boolean;
}

export function addCluster(program: Command): void {
  const cluster = withHomeOptions(program.command("cluster")).description(
    "Makes a cluster of hosts with certificates of its own, or gets this host into one.",
  );
  const sub = (words: string, description: string) =>
    withHomeOptions(cluster.command(words)).description(description);
  const setUp = (command: Command) =>
    command
      .option("--force", "leave the cluster that this host is in", false)
      .option("--no-start", "start no daemon, and leave the one that runs as it is");
  setUp(
    sub(
      "init",
      "Makes a cluster with this host as its scheduler and seed; prints the line that others join by.",
    ),
  )
    .option("--name <NAME>", "what the cluster is called; default: something new")
    .addOption(ttlOption("how long the printed token is good"))
    .action((_flags, command: Command) => init(command.optsWithGlobals()));
  setUp(
    sub(
      "join <ADDRESS> [TOKEN]",
      `Gets this host into a cluster, or has it follow its cluster to another address. A TOKEN of - is read from standard input, one ` +
        `that is not given from ${TOKEN_VARIABLE}: then no list of processes shows it.`,
    ),
  ).action((address: string, token: string | undefined, _flags, command: Command) =>
    join(address, token, command.optsWithGlobals()),
  );
  sub("token", "Prints a line that other hosts join by, on the host that made the cluster.")
    .addOption(ttlOption("how long the token is good"))
    .option("--uses <N>", "how many hosts it lets in; default: any number", uses)
    .option("--list", "show the tokens that are good, without what lets anybody in", false)
    .option("--revoke <ID>", "end a token, or all of them")
    .action((_flags, command: Command) => token(command.optsWithGlobals()));
  sub(
    "role [ROLE...]",
    `Shows what this host does for the cluster, or changes it: ${ROLES.join(", ")}, or peer for nothing.`,
  ).action((words: string[], _flags, command: Command) => role(words, command.optsWithGlobals()));
  sub("hosts", "Shows the hosts of the cluster, and those that left or were removed lately.")
    .option("--json", "for programs", false)
    .action((_flags, command: Command) => hosts(command.optsWithGlobals()));
  sub(
    "remove <HOST>",
    "Takes another host out of the cluster by its name, address or id, on the host that made the cluster: " +
      "within a minute nobody takes its certificate any more.",
  ).action((host: string, _flags, command: Command) => remove(host, command.optsWithGlobals()));
}

/** Where the token may stand instead of the command line. */
const TOKEN_VARIABLE = "P2PFS_JOIN_TOKEN";

function uses(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MEMBERS_MAX)
    throw new InvalidInputError(`a token lets in from 1 to ${MEMBERS_MAX} hosts`);
  return count;
}

function ttlOption(what: string): Option {
  return new Option("--ttl <TIME>", what).argParser(ttl).default(TOKEN_LIFE_MS, "24h");
}

function ttl(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms <= 0 || ms > TOKEN_LIFE_MS_MAX)
    throw new InvalidInputError("a token is good for a time such as 30m or 24h, at most 720h");
  return ms;
}

async function init(flags: SetUpFlags & { readonly name?: string; readonly ttl: number }): Promise<void> {
  const home = await openHome(flags);
  const files = MemberFiles.of(home.workhome);
  const clusterName = flags.name ?? randomBytes(4).toString("hex");
  await refuseMember(files, flags.force);
  const { host, config } = await clusterHost(home, clusterName);
  const { addToken, foundCluster } = await import("../daemon/membership/set-up.ts");
  const { formatToken } = await import("../daemon/membership/token.ts");
  const { port } = config.cluster;
  const schedulerPort = config.embeddedScheduler.server.port;
  if (port === 0) throw new InvalidInputError("cluster.port is told to others: it cannot be 0");
  await files.remove();
  const state = await foundCluster({ files, clusterName, host, port, schedulerPort, clock: systemClock });
  const made = await addToken(files, { nowMs: Date.now(), lifeMs: flags.ttl });
  await takeEffect(home, flags).catch(async (error) => {
    await files.remove();
    throw error;
  });
  process.stdout.write(`p2pfs cluster join ${state.issuer} ${formatToken(made)}\n`);
}

async function join(address: string, given: string | undefined, flags: SetUpFlags): Promise<void> {
  // The token is nobody's business who lists processes, nor that of the daemon that this one starts.
  process.title = "p2pfs cluster join";
  const fromEnvironment = process.env[TOKEN_VARIABLE];
  delete process.env[TOKEN_VARIABLE];
  const home = await openHome(flags);
  const files = MemberFiles.of(home.workhome);
  const { parseToken } = await import("../daemon/membership/token.ts");
  const { parseHostPort } = await import("../daemon/rpc/endpoint.ts");
  const { host, config } = await clusterHost(home, "that you join");
  const at = parseHostPort(address, config.cluster.port);
  const token = given === "-" ? (await textOf(process.stdin)).trim() : (given ?? fromEnvironment);
  if (token === undefined)
    throw new InvalidInputError(
      `a token is needed: 'p2pfs cluster token' on the cluster's first host prints one; - reads it from standard input`,
    );
  const { fingerprint } = parseToken(token);
  const { enterCluster, followCluster, isOfCluster } = await import("../daemon/membership/set-up.ts");
  const before = await files.state();
  const follows =
    before !== undefined && !before.isIssuer && !flags.force && (await isOfCluster(files, fingerprint));
  if (!follows) await refuseMember(files, flags.force);
  const set = { files, address: at, token, host, replaced: flags.force, clock: systemClock };
  const state = follows ? await followCluster({ ...set, state: before }) : await enterCluster(set);
  await takeEffect(home, flags);
  const where = follows ? ` at ${state.issuer}` : "";
  process.stdout.write(`${host.hostname} is in the cluster ${state.clusterName}${where}\n`);
}

async function token(
  flags: HomeOptions & {
    readonly ttl: number;
    readonly uses?: number;
    readonly list: boolean;
    readonly revoke?: string;
  },
): Promise<void> {
  const home = await openHome(flags);
  const files = MemberFiles.of(home.workhome);
  const state = await mustBeMember(files);
  if (!state.isIssuer)
    throw new P2pfsError(
      "FAILED_PRECONDITION",
      `only the host that made the cluster gives tokens: ${state.issuer}`,
    );
  const { addToken, goodTokens } = await import("../daemon/membership/set-up.ts");
  const { formatToken } = await import("../daemon/membership/token.ts");
  const { tokens, tokenUses, endedTokens } = await files.issuer();
  if (flags.revoke !== undefined) {
    const left = tokens.filter(({ id }) => flags.revoke !== "all" && id !== flags.revoke);
    if (flags.revoke !== "all" && left.length === tokens.length)
      throw new NotFoundError(`there is no token ${flags.revoke}`);
    await files.writeTokens(left);
    return;
  }
  if (flags.list) {
    const good = goodTokens(tokens, Date.now()).filter(({ id }) => !endedTokens.includes(id));
    const rows = good.map(({ id, expiresAtMs, usesMax }) => [
      id,
      new Date(expiresAtMs).toISOString(),
      usesMax === undefined ? String(tokenUses[id] ?? 0) : `${tokenUses[id] ?? 0} of ${usesMax}`,
    ]);
    if (rows.length > 0)
      process.stdout.write(`${table([["TOKEN", "GOOD UNTIL", "HOSTS LET IN"], ...rows]).join("\n")}\n`);
    return;
  }
  const made = await addToken(files, { nowMs: Date.now(), lifeMs: flags.ttl, usesMax: flags.uses });
  // Where this host is now: its files may have come from another machine.
  const { host, config } = await clusterHost(home, state.clusterName);
  const { formatHostPort } = await import("../daemon/rpc/endpoint.ts");
  const address = formatHostPort({ host: host.ip, port: config.cluster.port });
  process.stdout.write(`p2pfs cluster join ${address} ${formatToken(made)}\n`);
}

async function role(words: readonly string[], flags: HomeOptions): Promise<void> {
  const home = await openHome(flags);
  const files = MemberFiles.of(home.workhome);
  const state = await mustBeMember(files);
  if (words.length > 0) {
    const roles = parseRoles(words.filter((word) => word !== "peer"));
    await files.writeState({ ...state, roles });
    if (await daemonAnswers(home.socketPath)) await restartDaemon(home);
  }
  const now = (await mustBeMember(files)).roles;
  process.stdout.write(`${now.length === 0 ? "peer" : now.join(", ")}\n`);
}

async function hosts(flags: HomeOptions & { readonly json: boolean }): Promise<void> {
  const home = await openHome(flags);
  await mustBeMember(MemberFiles.of(home.workhome));
  const client = await connectDaemon(home);
  try {
    const { cluster } = await ask(client.control, "status", {});
    const membership = cluster?.membership;
    if (!membership)
      throw new NotFoundError("the daemon that runs has no part in the cluster: start it anew");
    if (flags.json) {
      process.stdout.write(jsonText(membership));
      return;
    }
    if (membership.failure !== "") throw new UnavailableError(unheard(membership.failure));
    const all = { hosts: Number.POSITIVE_INFINITY, removed: Number.POSITIVE_INFINITY };
    process.stdout.write(`${hostTable(membership, { nowMs: Date.now(), most: all }).join("\n")}\n`);
  } finally {
    client.close();
  }
}

async function remove(words: string, flags: HomeOptions): Promise<void> {
  const home = await openHome(flags);
  const state = await mustBeMember(MemberFiles.of(home.workhome));
  if (!state.isIssuer)
    throw new P2pfsError(
      "FAILED_PRECONDITION",
      `only the host that made the cluster removes others: ${state.issuer}`,
    );
  // The daemon has the list, and tells the others.
  const client = await connectDaemon(home);
  try {
    const { hostname, ip, endedToken } = await ask(client.control, "removeMember", { host: words });
    process.stdout.write(`${hostname} (${ip}) is removed: within a minute no host takes its certificate\n`);
    if (endedToken !== "")
      process.stdout.write(
        `the token ${endedToken} that it came by is ended, too: 'p2pfs cluster token' makes a new one\n`,
      );
  } finally {
    client.close();
  }
}

async function takeEffect(home: Home, { start }: SetUpFlags): Promise<void> {
  if (start) await restartDaemon(home);
}

/** A host that is in a cluster leaves it first: two clusters' hosts would not know what to make of it. */
async function refuseMember(files: MemberFiles, force: boolean): Promise<void> {
  const state = await files.state();
  if (state === undefined || force) return;
  throw new P2pfsError(
    "ALREADY_EXISTS",
    `this host is in the cluster ${state.clusterName} already: run 'p2pfs leave' first, or give --force`,
  );
}

async function mustBeMember(files: MemberFiles): Promise<MemberState> {
  const state = await files.state();
  if (state !== undefined) return state;
  throw new NotFoundError("this host is in no cluster of p2pfs: 'p2pfs cluster init' makes one");
}
