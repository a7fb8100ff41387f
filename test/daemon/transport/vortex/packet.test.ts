/** Vortex packets, byte for byte. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Answer,
  decodeAnswer,
  decodeRequest,
  encodeContent,
  encodeError,
  encodeRequest,
  REQUEST_PACKET_BYTES,
} from "../../../../daemon/transport/vortex/packet.ts";
import { seededRandom } from "../../../base/seeded-random.ts";

const TASK = "0123456789abcdef".repeat(4);
const METADATA = {
  number: 3,
  offset: 12_582_912,
  length: 4_194_304,
  digest: "crc32:3735928559",
  parentId: "10.0.0.9-seed-x-seed",
  costSeconds: 2,
  createdAtSeconds: 1_790_000_000,
};

describe("vortex packets", () => {
  test("a request is 68 bytes behind its header", () => {
    const bytes = encodeRequest({ family: "standard", taskId: TASK, piece: 3 }, 0x5a);
    assert.equal(bytes.toString("latin1", 6, 70), TASK);
    assert.equal(bytes.toString("hex", 0, 6), "5a0000000044");
    assert.equal(bytes.toString("hex", 70), "00000003");
    assert.equal(bytes.length, REQUEST_PACKET_BYTES);
    assert.deepEqual(decodeRequest(bytes), { id: 0x5a, family: "standard", taskId: TASK, piece: 3 });
    assert.equal(encodeRequest({ family: "persistent", taskId: TASK, piece: 0 }, 0)[1], 2);
    assert.equal(encodeRequest({ family: "persistent-cache", taskId: TASK, piece: 0 }, 0)[1], 4);
  });

  test("a content's length counts its metadata and not the piece", () => {
    const bytes = encodeContent("standard", METADATA, 1);
    const metadataBytes = 45 + METADATA.digest.length + METADATA.parentId.length;
    assert.equal(bytes.toString("hex", 0, 2), "0101");
    assert.equal(bytes.readUInt32BE(2), 4 + metadataBytes);
    assert.equal(bytes.readUInt32BE(6), metadataBytes);
    assert.equal(bytes.toString("hex", 10, 30), "00000003" + "0000000000c00000" + "0000000000400000");
    const tail = bytes.subarray(bytes.length - 17);
    assert.equal(tail.toString("hex"), "01" + "0000000000000002" + "000000006ab13b80");
    const answer = decodeAnswer(Buffer.concat([bytes, Buffer.from("piece")]), "standard");
    assert.deepEqual(answer, { kind: "content", metadata: METADATA, bytes: bytes.length });
  });

  test("an answer is told only when it is whole, wherever it is cut", () => {
    for (const whole of [encodeContent("standard", METADATA, 1), encodeError(2, "piece not found", 1)]) {
      for (let end = 0; end < whole.length; end++)
        assert.equal(decodeAnswer(whole.subarray(0, end), "standard"), undefined, `cut at ${end}`);
      assert.ok(decodeAnswer(whole, "standard"));
    }
    assert.deepEqual(decodeAnswer(encodeError(2, "piece ä", 9), "standard"), {
      kind: "error",
      code: 2,
      message: "piece ä",
    });
  });

  test("what is no request of ours is none: other tags, lengths, and ids that are paths", () => {
    const good = encodeRequest({ family: "standard", taskId: TASK, piece: 3 }, 0);
    const changed = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(good);
      change(bytes);
      return decodeRequest(bytes);
    };
    for (const tag of [1, 3, 5, 6, 7, 8, 253, 254, 255])
      assert.equal(
        changed((bytes) => bytes.writeUInt8(tag, 1)),
        undefined,
      );
    for (const length of [0, 67, 69, 0xffff_ffff])
      assert.equal(
        changed((bytes) => bytes.writeUInt32BE(length, 2)),
        undefined,
      );
    for (const id of ["../../../../etc/passwd", "A".repeat(64), `${"a".repeat(63)}\0`, "é".repeat(32)])
      assert.equal(
        changed((bytes) => bytes.write(id.padEnd(64, "/"), 6, "latin1")),
        undefined,
      );
    assert.throws(() => encodeRequest({ family: "standard", taskId: "short", piece: 0 }, 0), /64/);
  });

  test("altered answers are decoded or refused, and nothing else", () => {
    const random = seededRandom("vortex answers");
    const good = Buffer.concat([encodeContent("standard", METADATA, 1), Buffer.alloc(50)]);
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(good.subarray(0, random.below(good.length + 1)));
      for (let change = random.below(4); change > 0 && bytes.length > 0; change--)
        bytes[random.below(bytes.length)] = random.below(256);
      let answer: Answer;
      try {
        answer = decodeAnswer(bytes, "standard");
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, "INVALID_ARGUMENT");
        continue;
      }
      if (answer?.kind === "content") assert.ok(answer.bytes <= bytes.length);
    }
  });
});
