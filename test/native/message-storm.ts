/**
 * Messages no kernel sends: good ones of every kind, cut, stretched, with lengths that lie, fields at the edges of their
 * range, opcodes and nodes that are none, INIT out of turn, uniques that were used before. What follows from a seed
 * always is the same.
 */
import { OPCODE } from "../../fs/bindings/kernel-abi/opcodes.ts";
import { OBSERVED_READ } from "../../native/linux/kernel-channel.ts";
import type { SeededRandom } from "../base/seeded-random.ts";
import { HEADER_BYTES, message, type Part, pack } from "./kernel-messages.ts";

/** What the messages may speak of. Grows while answers come. */
export interface StormTargets {
  readonly nodes: readonly bigint[];
  readonly handles: readonly bigint[];
  readonly names: readonly string[];
}

const U64_MAX = 2n ** 64n - 1n;
const EDGES_64 = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, U64_MAX];
const EDGES_32 = [0, 1, 4095, 4096, 1 << 20, (1 << 20) + 1, 2 ** 31, 2 ** 32 - 1];
/** Most bytes that are asked for, edges apart: answers fit into a socket. */
const SIZE_MAX = 4096;
/** Longest body of a message that is nothing at all, bytes. */
const NOISE_BYTES_MAX = 300;
/** Forgets in one BATCH_FORGET at most. */
const FORGETS_MAX = 30;

const u32 = (value: number): Part => ({ u32: value });
const u64 = (value: bigint): Part => ({ u64: value });

/** One good message after the other, and what can be made of it. */
export class MessageStorm {
  readonly #random: SeededRandom;
  readonly #targets: StormTargets;
  readonly #sent: bigint[] = [];
  #unique = 1_000n;

  constructor(random: SeededRandom, targets: StormTargets) {
    this.#random = random;
    this.#targets = targets;
  }

  /** The next message. */
  next(): Buffer {
    const bytes = this.#good();
    switch (this.#random.below(8)) {
      case 0:
        return bytes;
      case 1:
        return this.#cut(bytes);
      case 2:
        return this.#lie(bytes);
      case 3:
        return this.#stretch(bytes);
      case 4:
        return this.#noise();
      case 5:
        return this.#strangeHeader(bytes);
      default:
        return this.#strangeField(bytes);
    }
  }

  /** Most uniques are new; a request is interrupted, or comes twice, by the old ones. */
  #nextUnique(): bigint {
    if (this.#sent.length > 0 && this.#random.below(10) === 0) return this.#random.pick(this.#sent);
    this.#unique += 2n;
    this.#sent.push(this.#unique);
    return this.#unique;
  }

  #node(): bigint {
    return this.#random.pick(this.#targets.nodes);
  }

  #handle(): bigint {
    return this.#targets.handles.length === 0 ? 1n : this.#random.pick(this.#targets.handles);
  }

  #size(): number {
    const random = this.#random;
    return random.below(3) === 0 ? random.pick(EDGES_32) : random.below(SIZE_MAX);
  }

  #offset(): bigint {
    const random = this.#random;
    return random.below(4) === 0 ? random.pick(EDGES_64) : BigInt(random.below(4 << 20));
  }

  #name(): Part {
    const random = this.#random;
    switch (random.below(8)) {
      case 0:
        return { bytes: random.bytes(random.below(40)) };
      case 1:
        return { text: random.pick(["", ".", "..", "a/b", "/", "x".repeat(255), "y".repeat(5000)]) };
      default:
        return { text: random.pick(this.#targets.names) };
    }
  }

  #good(): Buffer {
    const random = this.#random;
    const opcode = random.below(3) > 0 ? random.pick(COMMON) : random.pick(Object.values(OPCODE));
    const unique = this.#nextUnique();
    return message({ opcode, unique, nodeid: this.#node(), pid: random.below(2) }, this.#body(opcode));
  }

  #body(opcode: number): Buffer {
    const random = this.#random;
    switch (opcode) {
      case OPCODE.LOOKUP:
        return pack(this.#name());
      case OPCODE.FORGET:
        return pack(u64(random.pick(EDGES_64)));
      case OPCODE.BATCH_FORGET:
        return this.#forgets();
      case OPCODE.INTERRUPT:
        return pack(u64(this.#sent.length > 0 ? random.pick(this.#sent) : 7n));
      case OPCODE.GETATTR:
        return pack(u32(random.below(2)), u32(0), u64(this.#handle()));
      case OPCODE.OPEN:
      case OPCODE.OPENDIR:
        return pack(u32(random.below(4) === 0 ? random.pick(EDGES_32) : 0), u32(0));
      case OPCODE.READ:
      case OPCODE.READDIR:
      case OPCODE.READDIRPLUS:
        return pack(u64(this.#handle()), u64(this.#offset()), u32(this.#size()), u32(0), u64(0n), u64(0n));
      case OPCODE.RELEASE:
      case OPCODE.RELEASEDIR:
      case OPCODE.FLUSH:
        return pack(u64(this.#handle()), u32(0), u32(0), u64(0n));
      case OPCODE.GETXATTR:
        return pack(
          u32(this.#size()),
          u32(0),
          random.below(2) === 0 ? this.#name() : { text: "user.p2p.url" },
        );
      case OPCODE.LISTXATTR:
        return pack(u32(this.#size()), u32(0));
      case OPCODE.INIT:
        return pack(u32(random.pick([6, 7, 8])), u32(random.below(60)), {
          bytes: random.bytes(random.pick([0, 8, 56])),
        });
      default:
        return Buffer.from(random.bytes(random.below(120)));
    }
  }

  /** Of nodes that are and are not, more often than they were looked up, and fewer or more than it says. */
  #forgets(): Buffer {
    const random = this.#random;
    const count = random.below(FORGETS_MAX);
    const told = random.below(3) === 0 ? random.pick(EDGES_32) : count;
    const each = Array.from({ length: count }, () => [u64(this.#node()), u64(random.pick(EDGES_64))]);
    return pack(u32(told), u32(0), ...each.flat());
  }

  #cut(bytes: Buffer): Buffer {
    const cut = bytes.subarray(0, 1 + this.#random.below(bytes.length));
    if (cut.length >= 4 && this.#random.below(3) > 0) cut.writeUInt32LE(cut.length, 0);
    return cut;
  }

  #lie(bytes: Buffer): Buffer {
    const random = this.#random;
    const told = random.below(2) === 0 ? bytes.length + random.below(9) - 4 : random.pick(EDGES_32);
    bytes.writeUInt32LE(Math.max(0, told), 0);
    return bytes;
  }

  #stretch(bytes: Buffer): Buffer {
    const longer = Buffer.concat([bytes, this.#random.bytes(1 + this.#random.below(NOISE_BYTES_MAX))]);
    longer.writeUInt32LE(longer.length, 0);
    return longer;
  }

  #noise(): Buffer {
    const random = this.#random;
    const bytes = Buffer.from(random.bytes(1 + random.below(NOISE_BYTES_MAX)));
    if (bytes.length >= 4 && random.below(2) === 0) bytes.writeUInt32LE(bytes.length, 0);
    // One that asks for nothing known; what a real opcode does is tried in other ways.
    return bytes;
  }

  #strangeHeader(bytes: Buffer): Buffer {
    const random = this.#random;
    if (random.below(2) === 0) {
      const opcodes = [0, 54, 4096, OBSERVED_READ, 2 ** 31, 2 ** 32 - 1, random.below(2 ** 31)];
      bytes.writeUInt32LE(random.pick(opcodes), 4);
    } else bytes.writeBigUInt64LE(random.pick([...EDGES_64, BigInt(random.below(5000))]), 16);
    return bytes;
  }

  #strangeField(bytes: Buffer): Buffer {
    const random = this.#random;
    const room = bytes.length - HEADER_BYTES;
    if (room < 8) return bytes;
    const at = HEADER_BYTES + 4 * random.below(Math.floor((room - 8) / 4) + 1);
    if (random.below(2) === 0) bytes.writeBigUInt64LE(random.pick(EDGES_64), at);
    else bytes.set(random.bytes(1 + random.below(8)), at);
    return bytes;
  }
}

/** What a mount is asked most, and what most can go wrong in. */
const COMMON = [
  OPCODE.LOOKUP,
  OPCODE.GETATTR,
  OPCODE.OPEN,
  OPCODE.OPENDIR,
  OPCODE.READ,
  OPCODE.READ,
  OPCODE.READDIR,
  OPCODE.READDIRPLUS,
  OPCODE.RELEASE,
  OPCODE.RELEASEDIR,
  OPCODE.FORGET,
  OPCODE.BATCH_FORGET,
  OPCODE.INTERRUPT,
  OPCODE.GETXATTR,
  OPCODE.INIT,
];
