/** Goal: a task's scheduler is the one that Dragonfly's Rust client takes. Method: SipHash's and the client's vectors. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidInputError } from "../../../base/errors.ts";
import { addressHash, createHashRing, taskHash } from "../../../daemon/task/hash-ring.ts";
import { sipHash24 } from "../../../daemon/task/sip-hash.ts";
import { seededRandom } from "../../base/seeded-random.ts";

test("SipHash-2-4 gives the reference implementation's vectors", () => {
  // Key 00 01 … 0f, message 00 01 … of the length given; the hash in the order of its bytes.
  const vectors: [length: number, hash: string][] = [
    [0, "310e0edd47db6f72"],
    [1, "fd67dc93c539f874"],
    [2, "5a4fa9d909806c0d"],
    [7, "37d1018bf50002ab"],
    [8, "6224939a79f5f593"],
    [9, "b0e4a90bdf82009e"],
    [15, "e545be4961ca29a1"],
    [63, "724506eb4c328a95"],
  ];
  for (const [length, hash] of vectors) {
    const message = Uint8Array.from({ length }, (_, at) => at);
    const result = Buffer.alloc(8);
    result.writeBigUInt64LE(sipHash24(message, [0x0706050403020100n, 0x0f0e0d0c0b0a0908n]));
    assert.equal(result.toString("hex"), hash, `${length} bytes`);
  }
});

test("schedulers stand where the Rust client puts them", () => {
  assert.equal(addressHash({ ip: "127.0.0.1", port: 8002 }), 0x2c30ce45aaaf7546n);
  assert.equal(addressHash({ ip: "10.0.0.2", port: 8002 }), 0x3c5a35daa4177512n);
  assert.equal(addressHash({ ip: "::1", port: 8002 }), 0x3f52c1d091552b23n);
});

test("tasks stand where the Rust client looks for them, whatever follows the first five characters", () => {
  assert.equal(taskHash("06408"), 0xd6b27f30679d0b91n);
  assert.equal(taskHash("3c3f2"), 0x0ab2cf5a340b992bn);
  assert.equal(taskHash(`e2d0f${"1".repeat(59)}`), 0x5c00fcf320620345n);
});

test("one IPv6 address has one place however it is written", () => {
  const place = addressHash({ ip: "2001:db8::a:0:0:1", port: 1 });
  for (const ip of ["2001:0DB8:0:0:a:0:0:1", "2001:db8:0:0:a::1", "2001:db8::a:0:0.0.0.1"])
    assert.equal(addressHash({ ip, port: 1 }), place, ip);
  assert.notEqual(
    addressHash({ ip: "::ffff:127.0.0.1", port: 8002 }),
    addressHash({ ip: "127.0.0.1", port: 8002 }),
  );
  for (const ip of ["::", "1::", "::1:2", "1:2:3:4:5:6:7:8"])
    assert.equal(typeof addressHash({ ip, port: 0 }), "bigint");
});

test("something that is no address has no place", () => {
  for (const ip of ["", "localhost", "1.2.3", "[::1]", "fe80::1%eth0", "127.0.0.1:8002"])
    assert.throws(() => addressHash({ ip, port: 8002 }), InvalidInputError, ip);
  for (const port of [-1, 65536, 0.5, Number.NaN])
    assert.throws(() => addressHash({ ip: "127.0.0.1", port }), InvalidInputError, String(port));
});

test("a task belongs to the next scheduler on the ring, and past the last one to the first", () => {
  const local = { ip: "127.0.0.1", port: 8002 };
  const remote = { ip: "10.0.0.2", port: 8002 };
  const six = { ip: "::1", port: 8002 };
  const ring = createHashRing([six, local, remote]);
  assert.deepEqual(ring.nodes, [local, remote, six]);
  // 0ab2… comes before all three, 5c00… and d6b2… behind them.
  assert.equal(ring.pick("3c3f2"), local);
  assert.equal(ring.pick("e2d0f"), local);
  assert.equal(ring.pick("06408"), local);
});

test("an empty ring has no scheduler for anything, and a ring of one has it for everything", () => {
  assert.equal(createHashRing([]).pick("06408"), undefined);
  const only = { ip: "127.0.0.1", port: 8002 };
  for (const id of ["06408", "3c3f2", ""]) assert.equal(createHashRing([only]).pick(id), only);
});

test("the choice does not depend on the order of the schedulers, and losing one moves only its own tasks", () => {
  const random = seededRandom("hash-ring");
  const nodes = Array.from({ length: 5 }, (_, at) => ({ ip: `10.0.${random.below(256)}.${at}`, port: 8002 }));
  const ring = createHashRing(nodes);
  const reversed = createHashRing([...nodes].reverse());
  const lost = nodes[0];
  const smaller = createHashRing(nodes.slice(1));
  for (let round = 0; round < 500; round++) {
    const id = random
      .below(16 ** 5)
      .toString(16)
      .padStart(5, "0");
    const picked = ring.pick(id);
    // The definition, spelled out: the least place not before the task's, else the least of all.
    const places = nodes
      .map((node) => ({ node, place: addressHash(node) }))
      .sort((a, b) => Number(a.place - b.place));
    assert.equal(picked, (places.find(({ place }) => place >= taskHash(id)) ?? places[0])?.node);
    assert.equal(reversed.pick(id), picked);
    if (picked !== lost) assert.equal(smaller.pick(id), picked);
  }
});
