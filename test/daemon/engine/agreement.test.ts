/** Pieces of parents, compared with what other hosts say they should be: what of them is shown, and who is found out. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import { crc32Digest } from "../../../base/crc32.ts";
import { createLogger } from "../../../base/logger.ts";
import { verdictOf } from "../../../daemon/engine/agreement.ts";
import type { Engine } from "../../../daemon/engine/engine.ts";
import type { OpenTask } from "../../../daemon/engine/open-task.ts";
import type { Integrity } from "../../../daemon/engine/task-environment.ts";
import type {
  Testimony,
  Witnesses,
  WitnessHost,
  WitnessQuestion,
} from "../../../daemon/transport/witnesses.ts";
import { assertWhole, enginesOfThisFile, MIB, PIECE_BYTES, request, ScriptedSwarm } from "./engine-world.ts";
import { contentBlock } from "./scripted-source.ts";

const PIECES = 6;
const LENGTH = (PIECES - 1) * PIECE_BYTES + MIB + 17;
const ALL = Array.from({ length: PIECES }, (_, piece) => piece);

/** Hosts that say that their pieces are of a version, and where they have them from. */
class ScriptedWitnesses implements Witnesses {
  readonly asked: { hostId: string; first: number; count: number }[] = [];
  readonly says = new Map<string, { version: number; parentId: string; pieces?: readonly number[] }>();

  mayKnow(): boolean {
    return true;
  }
  async ask({ hostId }: WitnessHost, { first, count }: WitnessQuestion): Promise<readonly Testimony[]> {
    this.asked.push({ hostId, first, count });
    const says = this.says.get(hostId);
    if (says === undefined) return [];
    const { version, parentId, pieces = ALL } = says;
    return pieces
      .filter((number) => number >= first && number < first + count)
      .map((number) => ({ number, parentId, digest: digestOf(number, version) }));
  }
}

function digestOf(piece: number, version: number): string {
  const offset = piece * PIECE_BYTES;
  return crc32Digest(crc32(contentBlock(version, offset, Math.min(PIECE_BYTES, LENGTH - offset))));
}

const makeEngine = enginesOfThisFile();
let swarm: ScriptedSwarm;
let witnesses: ScriptedWitnesses;
let log: string[];

function engineWith(integrity: Integrity = "best"): Promise<Engine> {
  const lines: string[] = [];
  log = lines;
  const { options } = swarm;
  return makeEngine({
    ...options,
    log: createLogger({ level: "debug", destination: { write: (line) => void lines.push(line) } }),
    parents: { ...options.parents, witnesses },
    integrity,
    fetchesMax: 2,
  });
}

beforeEach(() => {
  swarm = new ScriptedSwarm(LENGTH);
  witnesses = new ScriptedWitnesses();
});

/** Copies all of it. */
async function copied(engine: Engine): Promise<OpenTask> {
  const task = await engine.open(request);
  await task.finish("copy");
  assertWhole(task);
  return task;
}

const fromSource = { version: 1, parentId: "" };

describe("a parent's pieces", () => {
  test("are agreed on when a host that read the source says the same", async () => {
    swarm.placeWhole("a", "b");
    witnesses.says.set("a-host", fromSource).set("b-host", fromSource);
    const task = await copied(await engineWith());
    assert.equal(task.record.verified, "agreed");
    assert.deepEqual(swarm.source.reads, []);
    assert.ok(witnesses.asked.length <= 2, "one question tells of many pieces");
    await task.close();
  });

  test("are shown on the parent's word alone where nobody else says anything", async () => {
    swarm.placeWhole("a");
    witnesses.says.set("a-host", fromSource);
    const task = await copied(await engineWith());
    assert.equal(task.record.verified, "transport");
    assert.deepEqual(swarm.source.reads, []);
    await task.close();
  });

  test("are not shown when they were altered, digests and all: the source decides, and the parent is named", async () => {
    swarm.placeWhole("altered", "b", "c");
    swarm.transport.versionOf = (peerId) => (peerId === "altered" ? 9 : 1);
    witnesses.says.set("altered-host", { version: 9, parentId: "" });
    witnesses.says.set("b-host", fromSource).set("c-host", fromSource);
    const task = await copied(await engineWith());
    const given = swarm.transport.fetches.filter(({ parent }) => parent === "altered").length;
    const disputes = log.filter((line) => line.includes("piece-disputed")).length;
    assert.ok(given === 0 || disputes > 0, "each piece of it was compared");
    if (given > 0) assert.ok(log.some((line) => /parent-dropped/.test(line) && /altered/.test(line)));
    assert.ok(!log.some((line) => /dropped/.test(line) && !/altered/.test(line)), log.join("\n"));
    await task.close();
  });

  test("are right although the one who speaks against their parent is the one that was altered", async () => {
    swarm.place("good", "liar");
    swarm.announcements.announce("good", ALL);
    swarm.announcements.end("liar");
    witnesses.says.set("liar-host", { version: 9, parentId: "" });
    const task = await copied(await engineWith());
    assert.ok(task.record.bytesFromPeers > 0, "the good parent goes on");
    assert.ok(log.some((line) => /witness-dropped/.test(line) && /liar-host/.test(line)));
    assert.ok(!log.some((line) => /"good"/.test(line) && /dropped/.test(line)), log.join("\n"));
    await task.close();
  });

  test("are had of the source where agreement is demanded and nobody agrees", async () => {
    swarm.placeWhole("a");
    const task = await copied(await engineWith("agreed"));
    assert.equal(task.record.bytesFromPeers, 0);
    assert.ok(!log.some((line) => line.includes("parent-dropped")), "the parent has done nothing wrong");
    await task.close();
  });

  test("are compared with nothing where the transport's word is enough", async () => {
    swarm.placeWhole("a", "b");
    witnesses.says.set("b-host", fromSource);
    const task = await copied(await engineWith("transport"));
    assert.deepEqual(witnesses.asked, []);
    assert.equal(task.record.verified, "transport");
    await task.close();
  });
});

test("a host's word counts against a piece it has from the giver, and not for it", () => {
  const word = { number: 0, digest: "crc32:1", parentId: "", hostId: "10.0.0.2-b" };
  const verdict = (words: object[], digest = "crc32:1") =>
    verdictOf(
      words.map((each) => ({ ...word, ...each })),
      digest,
      "10.0.0.1-a-seed",
    ).kind;
  assert.equal(verdict([]), "unknown");
  assert.equal(verdict([{}]), "agreed");
  assert.equal(verdict([{ hostId: "10.0.0.1-a-seed" }]), "unknown", "its own word");
  assert.equal(verdict([{ parentId: "10.0.0.1-a-77e6-seed" }]), "unknown");
  assert.equal(verdict([{ parentId: "10.0.0.1-a-seed" }]), "unknown");
  assert.equal(verdict([{ parentId: "10.0.0.1-another-77e6" }]), "agreed");
  assert.equal(verdict([{ parentId: "10.0.0.1-a-77e6-seed" }], "crc32:2"), "disputed");
  assert.equal(verdict([{}, { digest: "crc32:3" }]), "disputed", "one voice against it is enough");
});
