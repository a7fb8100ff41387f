/**
 * Says which addresses may be connected to on somebody's behalf: nobody may use the daemon to reach this host's metadata
 * services, its own ports or, over TCP, its loopback. Pure: it is asked with addresses that were resolved already, so that
 * a name cannot answer differently afterwards.
 */
import { BlockList, isIP } from "node:net";
import { InvalidInputError, PermissionError } from "../../base/errors.ts";
import type { Asker } from "./source.ts";

export interface AddressGuardOptions {
  /** Addresses and blocks (`10.0.0.0/8`, `fd00::/8`, `127.0.0.1`) that may be reached all the same (`guard.allow`). */
  readonly allow?: readonly string[];
  /** TCP ports this daemon listens on now. */
  readonly ownPorts?: () => ReadonlySet<number>;
  /** Addresses of this host's interfaces now; loopback need not be among them. */
  readonly localAddresses?: () => Iterable<string>;
}

type Family = "ipv4" | "ipv6";

function listOf(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) addBlock(list, block);
  return list;
}

/** @throws InvalidInputError INVALID_CONFIG */
function addBlock(list: BlockList, block: string): void {
  const [address = "", bits, ...more] = block.split("/");
  const family = familyOf(address);
  const widest = family === "ipv4" ? 32 : 128;
  const prefix = bits === undefined ? widest : Number(bits);
  if (family === undefined || more.length > 0 || !/^\d*$/.test(bits ?? "") || bits === "" || prefix > widest)
    throw new InvalidInputError(`${block} is no address and no block of addresses`, {}, "INVALID_CONFIG");
  list.addSubnet(address, prefix, family);
}

function familyOf(address: string): Family | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? "ipv4" : "ipv6";
}

/**
 * Link-local addresses (RFC 3927, RFC 4291 §2.5.6), and the metadata services of clouds that lie elsewhere: AWS and GCP over
 * IPv6, Alibaba, Oracle, Azure. They hand out the machine's credentials to whoever asks.
 */
const LINK_LOCAL = listOf([
  "169.254.0.0/16",
  "fe80::/10",
  "fd00:ec2::254",
  "fd20:ce::254",
  "100.100.100.200",
  "192.0.0.192",
  "168.63.129.16",
]);
/** Loopback, and the unspecified addresses, which Linux connects to this host as well. */
const LOOPBACK = listOf(["127.0.0.0/8", "0.0.0.0/8", "::1", "::"]);

/**
 * The address without its zone, and the IPv4 address that an IPv6 one stands for, if any: mapped (::ffff:0:0/96), compatible
 * (::/96), translated by NAT64 (64:ff9b::/96, RFC 6052) or 6to4 (2002::/16).
 */
function formsOf(address: string): readonly string[] {
  const bare = address.replace(/%.*$/, "");
  if (isIP(bare) !== 6) return [bare];
  const words = wordsOf(bare);
  const at = (index: number) => words[index] ?? 0;
  const dotted = (high: number, low: number) => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const zeroTo = (count: number) => words.slice(0, count).every((word) => word === 0);
  if (at(0) === 0x2002) return [bare, dotted(at(1), at(2))];
  const nat64 = at(0) === 0x64 && at(1) === 0xff9b && words.slice(2, 6).every((word) => word === 0);
  const mapped = zeroTo(5) && (at(5) === 0xffff || at(5) === 0);
  const small = zeroTo(7) && at(7) <= 1;
  return (nat64 || mapped) && !small ? [bare, dotted(at(6), at(7))] : [bare];
}

/** The eight 16-bit words of an IPv6 address that isIP has accepted. */
function wordsOf(address: string): number[] {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const word = (high: string, low: string) => ((Number(high) << 8) | Number(low)).toString(16);
    return `${word(a, b)}:${word(c, d)}`;
  });
  const [left = "", right] = plain.split("::");
  const parse = (part: string) =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const before = parse(left);
  if (right === undefined) return before;
  const after = parse(right);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

function holds(list: BlockList, address: string): boolean {
  const family = familyOf(address);
  return family !== undefined && list.check(address, family);
}

export class AddressGuard {
  readonly #allow: BlockList;
  readonly #ownPorts: () => ReadonlySet<number>;
  readonly #localAddresses: () => Iterable<string>;

  /** @throws InvalidInputError INVALID_CONFIG when `allow` holds something else than addresses and blocks */
  constructor(options: AddressGuardOptions = {}) {
    this.#allow = listOf(options.allow ?? []);
    this.#ownPorts = options.ownPorts ?? (() => new Set());
    this.#localAddresses = options.localAddresses ?? (() => []);
  }

  /** Why the address may not be connected to, as the end of a sentence; undefined when it may. */
  refusal(address: string, port: number, asker: Asker): string | undefined {
    const forms = formsOf(address);
    if (forms.some((form) => holds(this.#allow, form))) return undefined;
    if (forms.some((form) => holds(LINK_LOCAL, form))) return "is link-local or a metadata service";
    const loopback = forms.some((form) => holds(LOOPBACK, form));
    if (loopback && asker === "network") return "is this host's loopback";
    if (this.#ownPorts().has(port) && (loopback || this.#isLocal(forms))) return "is a port of this daemon";
    return undefined;
  }

  /** @throws PermissionError that names the address and the key that allows it */
  check(address: string, port: number, asker: Asker): void {
    const refusal = this.refusal(address, port, asker);
    if (refusal === undefined) return;
    const place = isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
    throw new PermissionError(`${place} ${refusal}; guard.allow in the config can permit it`);
  }

  #isLocal(forms: readonly string[]): boolean {
    const local = new BlockList();
    for (const address of this.#localAddresses()) {
      const [bare = ""] = formsOf(address);
      const family = familyOf(bare);
      if (family !== undefined) local.addAddress(bare, family);
    }
    return forms.some((form) => holds(local, form));
  }
}
