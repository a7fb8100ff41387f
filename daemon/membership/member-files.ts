/**
 * The folder of a host that is in a cluster of our own: its certificate and key, what it knows of the cluster, and, on the host
 * that made it, the authority's key, tokens and the list of hosts. For its user alone. Every file is replaced as a whole.
 */
import { randomBytes } from "node:crypto";
import { chmod, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InvalidInputError } from "../../base/errors.ts";
import { makeFolder } from "../../base/folder.ts";
import { MEMBERS_REMOVED_MAX } from "../../base/limits.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { WorkhomePaths } from "../config/workhome.ts";
import type { CertifiedKey } from "./authority.ts";
import { type Member, type MemberState, parseMemberState } from "./member-state.ts";
import type { RemovedMember } from "./removed-members.ts";
import type { TokenRecord } from "./token.ts";
import type { TokenHistory } from "./token-history.ts";

/** What only the host that made the cluster has. */
export interface IssuerState extends TokenHistory {
  readonly tokens: readonly TokenRecord[];
  readonly members: readonly Member[];
  readonly removed: readonly RemovedMember[];
}

export const EMPTY_ISSUER: IssuerState = {
  tokens: [],
  members: [],
  removed: [],
  tokenUses: {},
  endedTokens: [],
};

export class MemberFiles {
  /** Absolute. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Beside the configuration of the workhome. */
  static of(workhome: Pick<WorkhomePaths, "configPath">): MemberFiles {
    return new MemberFiles(join(dirname(workhome.configPath), "cluster"));
  }

  /** As sections of the configuration name them. */
  get paths() {
    return { caCert: this.#at("ca.crt"), cert: this.#at("host.crt"), key: this.#at("host.key") };
  }

  /** @returns undefined for a host that is in no cluster of our own @throws InvalidInputError INVALID_CONFIG */
  async state(): Promise<MemberState | undefined> {
    const path = this.#at("member.json");
    const text = await this.#read("member.json");
    return text === undefined ? undefined : parseMemberState(text, path);
  }

  async writeState(state: MemberState): Promise<void> {
    await this.#write("member.json", `${JSON.stringify(state, undefined, 2)}\n`);
  }

  /** PEM. @throws NotFoundError */
  async certificate(): Promise<string> {
    return this.#must("host.crt");
  }

  /** PEM. @throws NotFoundError */
  async authorityCertificate(): Promise<string> {
    return this.#must("ca.crt");
  }

  /** The key first: whoever looks in between finds a pair that does not fit, and looks again. */
  async writeOwn({ certificate, key }: CertifiedKey): Promise<void> {
    await this.#write("host.key", key);
    await this.#write("host.crt", certificate);
  }

  async writeAuthorityCertificate(certificate: string): Promise<void> {
    await this.#write("ca.crt", certificate);
  }

  /** @throws NotFoundError on another host than the one that made the cluster */
  async authority(): Promise<CertifiedKey> {
    return { certificate: await this.#must("ca.crt"), key: await this.#must("authority.key") };
  }

  async writeAuthorityKey(key: string): Promise<void> {
    await this.#write("authority.key", key);
  }

  /** @throws InvalidInputError when it cannot be read as what was written */
  async issuer(): Promise<IssuerState> {
    const [tokens, hosts] = [await this.#read("tokens.json"), await this.#read("hosts.json")];
    try {
      return {
        ...EMPTY_ISSUER,
        ...(tokens === undefined ? {} : { tokens: JSON.parse(tokens) as TokenRecord[] }),
        ...(hosts === undefined ? {} : (JSON.parse(hosts) as Omit<IssuerState, "tokens">)),
      };
    } catch (error) {
      throw fromUnknown(error, `the lists in ${this.folder} cannot be read`);
    }
  }

  async writeTokens(tokens: readonly TokenRecord[]): Promise<void> {
    await this.#write("tokens.json", `${JSON.stringify(tokens, undefined, 2)}\n`);
  }

  async writeHosts(state: Omit<IssuerState, "tokens">): Promise<void> {
    const { members, removed, tokenUses, endedTokens } = state;
    const kept = { members, removed, tokenUses, endedTokens };
    await this.#write("hosts.json", `${JSON.stringify(kept, undefined, 2)}\n`);
  }

  /** Ids of hosts whose certificates are refused, as last heard. @throws InvalidInputError INVALID_CONFIG */
  async refused(): Promise<readonly string[]> {
    const text = await this.#read("refused.json");
    try {
      const ids: unknown = text === undefined ? [] : JSON.parse(text);
      if (!Array.isArray(ids) || ids.some((id) => typeof id !== "string"))
        throw new InvalidInputError("it is no list");
      return ids.slice(0, MEMBERS_REMOVED_MAX);
    } catch (error) {
      throw new InvalidInputError(
        `${this.#at("refused.json")} cannot be read as what p2pfs wrote there; the cluster tells its content again once the file is removed`,
        { cause: error },
        "INVALID_CONFIG",
      );
    }
  }

  async writeRefused(ids: readonly string[]): Promise<void> {
    await this.#write("refused.json", `${JSON.stringify(ids)}\n`);
  }

  /** Takes from all others what they may read here, as files that were copied often let them. @returns the names of such files */
  async tighten(): Promise<readonly string[]> {
    const loose: string[] = [];
    try {
      await chmod(this.folder, 0o700);
      for (const name of await readdir(this.folder)) {
        const { mode } = await stat(this.#at(name));
        if ((mode & 0o077) === 0) continue;
        await chmod(this.#at(name), 0o600);
        loose.push(name);
      }
    } catch (error) {
      throw fromUnknown(error, `cannot keep ${this.folder} from others`);
    }
    return loose;
  }

  /** This host is in no cluster from now on. Idempotent. */
  async remove(): Promise<void> {
    // What makes it a member goes first: a crash leaves files that nobody reads.
    await rm(this.#at("member.json"), { force: true });
    await rm(this.folder, { recursive: true, force: true });
  }

  #at(name: string): string {
    return join(this.folder, name);
  }

  async #must(name: string): Promise<string> {
    return readFile(this.#at(name), "utf8").catch((error) => {
      throw fromUnknown(error, `cannot read ${this.#at(name)}`);
    });
  }

  async #read(name: string): Promise<string | undefined> {
    const there = await stat(this.#at(name)).catch(() => undefined);
    return there === undefined ? undefined : this.#must(name);
  }

  async #write(name: string, text: string): Promise<void> {
    const path = this.#at(name);
    const temporary = `${path}.${randomBytes(4).toString("hex")}`;
    try {
      await makeFolder(this.folder, 0o700);
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(text);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw fromUnknown(error, `cannot write ${path}`);
    }
  }
}
