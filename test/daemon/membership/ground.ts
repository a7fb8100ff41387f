/** Clusters and hosts of them over real sockets of loopback, for tests of membership. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Clock, systemClock } from "../../../base/clock.ts";
import { TOKEN_LIFE_MS } from "../../../base/limits.ts";
import { silentLogger } from "../../../base/logger.ts";
import { Authority } from "../../../daemon/membership/authority.ts";
import { Entrance } from "../../../daemon/membership/entrance.ts";
import { Issuer } from "../../../daemon/membership/issuer.ts";
import { IssuerClient } from "../../../daemon/membership/issuer-client.ts";
import { MemberFiles } from "../../../daemon/membership/member-files.ts";
import { Membership } from "../../../daemon/membership/membership.ts";
import { addToken, enterCluster, foundCluster } from "../../../daemon/membership/set-up.ts";
import { formatToken } from "../../../daemon/membership/token.ts";
import { type Scope, scopeOf } from "../../system/scope.ts";
import { openHost } from "../tls/host-files.ts";

export const HOST = { hostname: "host", ip: "127.0.0.1", addresses: [], version: "1" };
export const HOUR_MS = 3_600_000;

/** A clock that shows another time than it is. */
export function shifted(ms: number): Clock {
  return { ...systemClock, nowMs: () => systemClock.nowMs() + ms };
}

export class Ground {
  readonly scope: Scope;
  readonly folder: string;
  #made = 0;

  constructor(scope: Scope, folder: string) {
    this.scope = scope;
    this.folder = folder;
  }

  files(): MemberFiles {
    this.#made += 1;
    return new MemberFiles(join(this.folder, `home-${this.#made}`, "cluster"));
  }

  /** A cluster that is served. */
  async cluster(clock: Clock = systemClock) {
    const files = this.files();
    const options = { files, clusterName: "lab", host: HOST, port: 4007, schedulerPort: 8002, clock };
    const { clusterName, memberId } = await foundCluster(options);
    const authority = async () => Authority.load(await files.authority());
    const issuer = await Issuer.open({ files, clock, log: silentLogger, clusterName, memberId, authority });
    const certificates = await openHost(files.paths);
    const entrance = new Entrance({ issuer, files: certificates, clock, log: silentLogger });
    const port = await entrance.listen("127.0.0.1", 0);
    this.scope.after(async () => {
      await entrance.close();
      await issuer.close();
      await certificates.close();
    });
    const token = async (lifeMs = TOKEN_LIFE_MS, usesMax?: number) =>
      formatToken(await addToken(files, { nowMs: clock.nowMs(), lifeMs, usesMax }));
    return { files, issuer, port, token, memberId };
  }

  /** A host that tries to get in. */
  async enter(
    port: number,
    token: string,
    options: { clock?: Clock; files?: MemberFiles; host?: string; replaced?: boolean } = {},
  ) {
    const { clock = systemClock, files = this.files(), host = "127.0.0.1", replaced = false } = options;
    const address = { host, port };
    const state = await enterCluster({ files, address, token, host: HOST, replaced, clock });
    return { files, state };
  }

  /** A host's part in its cluster, as its daemon has it. @param ip of the host */
  async member(files: MemberFiles, options: { ip?: string; clock?: Clock } = {}): Promise<Membership> {
    const { ip = HOST.ip, clock = systemClock } = options;
    const state = await files.state();
    if (state === undefined) throw new Error("the host is in no cluster");
    const host = () => ({ ...HOST, ip, hostId: `${ip}-host` });
    const member = await Membership.open({ files, state, clock, log: silentLogger, host });
    this.scope.after(() => member.close());
    return member;
  }

  /** What a host of the cluster asks with. */
  async client(files: MemberFiles, port: number): Promise<IssuerClient> {
    const certificates = await openHost(files.paths);
    const authority = await files.authorityCertificate();
    const address = { host: "127.0.0.1", port };
    const client = new IssuerClient({ address, files: certificates, authority, clock: systemClock });
    this.scope.after(async () => {
      client.close();
      await certificates.close();
    });
    return client;
  }
}

export async function ground(t: TestContext): Promise<Ground> {
  const scope = scopeOf(t);
  return new Ground(scope, await scope.folder());
}

export const REPORT = { ...HOST, roles: [], hostId: "127.0.0.1-host" };

/** What a host that knows of nobody that is refused asks. */
export const QUESTION = { withMembers: false, refusedDigest: Buffer.alloc(0) };
