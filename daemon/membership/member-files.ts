/**
 * The folder of a host that is in a cluster of our own: its certificate and key, what it knows of the cluster, and, on the host
 * that made it, the authority's key, tokens and the list of hosts. For its user alone. Every file is replaced as a whole.
 */
import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../../base/folder.ts";
import { fromUnknown } from "../../base/node-errors.ts";
import type { WorkhomePaths } from "../config/workhome.ts";
import type { CertifiedKey } from "./authority.ts";
import { type Member, type MemberState, parseMemberState } from "./member-state.ts";
import type { TokenRecord } from "./token.ts";

/** What only the host that made the cluster has. */
export interface IssuerState {
  readonly tokens: readonly TokenRecord[];
  readonly members: readonly Member[];
  /** Ids of hosts that left, which get no certificate any more. */
  readonly left: readonly string[];
}

export const EMPTY_ISSUER: IssuerState = { tokens: [], members: [], left: [] };

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
        ...(hosts === undefined ? {} : (JSON.parse(hosts) as Pick<IssuerState, "members" | "left">)),
      };
    } catch (error) {
      throw fromUnknown(error, `the lists in ${this.folder} cannot be read`);
    }
  }

  async writeTokens(tokens: readonly TokenRecord[]): Promise<void> {
    await this.#write("tokens.json", `${JSON.stringify(tokens, undefined, 2)}\n`);
  }

  async writeHosts(hosts: Pick<IssuerState, "members" | "left">): Promise<void> {
    await this.#write("hosts.json", `${JSON.stringify(hosts, undefined, 2)}\n`);
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
