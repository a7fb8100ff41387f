/**
 * Which scheduler a task belongs to: Dragonfly's consistent-hash ring (dragonflyoss/client, grpc/scheduler.rs, with the
 * hashring crate), one point for each scheduler and no virtual ones. A host with another ring makes no error, it only
 * splits the swarm of the task. Which schedulers are alive is not decided here.
 */
import { isIPv4, isIPv6 } from "node:net";
import { InvalidInputError } from "../../base/errors.ts";
import { sipHash24 } from "./sip-hash.ts";

/** Where a node of the ring listens. */
export interface RingAddress {
  /** IPv4 or IPv6, without brackets and zone. */
  readonly ip: string;
  readonly port: number;
}

/** A ring that does not change; another set of nodes makes another ring. */
export interface HashRing<Node extends RingAddress> {
  /** In the order of the ring. */
  readonly nodes: readonly Node[];
  /** The node for a task; undefined if and only if there are none. */
  pick(taskId: string): Node | undefined;
}

/** Characters of a task's id that choose its place. */
const KEY_CHARS = 5;

/** @throws InvalidInputError when an address is not one */
export function createHashRing<Node extends RingAddress>(nodes: readonly Node[]): HashRing<Node> {
  const points = nodes
    .map((node) => ({ node, place: addressHash(node) }))
    .sort((a, b) => (a.place < b.place ? -1 : a.place > b.place ? 1 : 0));
  return {
    nodes: points.map(({ node }) => node),
    pick(taskId) {
      const place = taskHash(taskId);
      return (points.find((point) => point.place >= place) ?? points[0])?.node;
    },
  };
}

/** Place of a task: the hash of a Rust string, its bytes and 0xff, of the first characters of the id. */
export function taskHash(taskId: string): bigint {
  return sipHash24(Buffer.concat([Buffer.from(taskId.slice(0, KEY_CHARS)), Buffer.of(0xff)]));
}

/**
 * Place of a node: the hash of a Rust SocketAddr on a 64-bit little-endian machine. Its variant as eight bytes, the
 * octets, the port, and for IPv6 flow label and scope, both zero here.
 * @throws InvalidInputError when the address is not one
 */
export function addressHash({ ip, port }: RingAddress): bigint {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff)
    throw new InvalidInputError(`not a port: ${port}`, { details: { ip } });
  const octets = octetsOf(ip);
  const variant = Buffer.of(octets.length === 4 ? 0 : 1, 0, 0, 0, 0, 0, 0, 0);
  const portBytes = Buffer.of(port & 0xff, port >> 8);
  const flowAndScope = Buffer.alloc(octets.length === 4 ? 0 : 8);
  return sipHash24(Buffer.concat([variant, octets, portBytes, flowAndScope]));
}

function octetsOf(ip: string): Buffer {
  if (isIPv4(ip)) return Buffer.from(ip.split(".").map(Number));
  if (!isIPv6(ip) || ip.includes("%"))
    throw new InvalidInputError(`not an IP address: ${JSON.stringify(ip)}`);
  // The URL parser writes the canonical form, in which only "::" is left to spell out.
  const canonical = new URL(`http://[${ip}]/`).hostname.slice(1, -1);
  const [before = "", after] = canonical.split("::");
  const head = groupsOf(before);
  const tail = groupsOf(after ?? "");
  const gap = new Array<number>(8 - head.length - tail.length).fill(0);
  return Buffer.from([...head, ...gap, ...tail].flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
