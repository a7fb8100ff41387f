/** Pieces of parents, compared with what other hosts say they should be: what of them is shown, and who is found out. */
import assert from "node:assert/strict";
import { readSync } from "node:fs";
import { after, beforeEach, describe, test } from "node:test";
import { crc32 } from "node:zlib";
import { systemClock } from "../../../base/clock.ts";
import { crc32Digest } from "../../../base/crc32.ts";
import { BLOCK_BYTES } from "../../../base/limits.ts";
import { createLogger } from "../../../base/logger.ts";
import { verdictOf } from "../../../daemon/engine/agreement.ts";
import { Engine } from "../../../daemon/engine/engine.ts";
import type { OpenTask } from "../../../daemon/engine/open-task.ts";
import type { Integrity } from "../../../daemon/engine/task-environment.ts";
import { MemoryStorage } from "../../../daemon/storage/memory-storage.ts";
import type {
  Testimony,
  Witnesses,
  WitnessHost,
  WitnessQuestion,
} from "../../../daemon/transport/witnesses.ts";
import {
  parentNamed,
  ScriptedAnnouncements,
  ScriptedScheduler,
  ScriptedTransport,
} from "./scripted-parents.ts";
import { contentBlock, ScriptedSource } from "./scripted-source.ts";

const MIB = BLOCK_BYTES;
const PIECE_BYTES = 4 * MIB;
const PIECES = 6;
const LENGTH = (PIECES - 1) * PIECE_BYTES + MIB + 17;
const ALL = Array.from({ length: PIECES }, (_, piece) => piece);
const request = { url: "http://origin/file", headers: {} };

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

let source: ScriptedSource;
let scheduler: ScriptedScheduler;
let announcements: ScriptedAnnouncements;
let transport: ScriptedTransport;
let witnesses: ScriptedWitnesses;
let log: string[];
const ends: (() => Promise<void>)[] = [];

async function engineWith(integrity: Integrity = "best"): Promise<Engine> {
  const storage = await MemoryStorage.open();
  const lines: string[] = [];
  log = lines;
  const engine = new Engine({
    clock: systemClock,
    random: Math.random,
    log: createLogger({ level: "debug", destination: { write: (line) => void lines.push(line) } }),
    storage,
    sourceOf: () => source,
    scheduler,
    parents: { announcements, transport, witnesses },
    integrity,
    fetchesMax: 2,
    newPeerId: () => "10.0.0.9-me-1",
    retries: 1,
  });
  ends.push(() => engine.close().then(() => storage.close()));
  return engine;
}

beforeEach(() => {
  source = new ScriptedSource(LENGTH);
  scheduler = new ScriptedScheduler();
  announcements = new ScriptedAnnouncements(PIECE_BYTES);
  transport = new ScriptedTransport();
  witnesses = new ScriptedWitnesses();
});

// The system clock's timers do not keep a process alive; waiting for them is what these tests do.
const alive = setInterval(() => {}, 1_000);
after(async () => {
  clearInterval(alive);
  for (const end of ends) await end();
});

function placeParents(...names: string[]): void {
  scheduler.place({ kind: "parents", parents: names.map(parentNamed) });
  for (const name of names) announcements.announce(name, ALL);
}

/** Copies all of it. */
async function copied(engine: Engine): Promise<OpenTask> {
  const task = await engine.open(request);
  await task.finish("copy");
  const bytes = Buffer.alloc(LENGTH);
  readSync(task.fd, bytes, 0, LENGTH, 0);
  assert.ok(bytes.equals(contentBlock(1, 0, LENGTH)), "the content is the origin's");
  return task;
}

const fromSource = { version: 1, parentId: "" };

describe("a parent's pieces", () => {
  test("are agreed on when a host that read the source says the same", async () => {
    placeParents("a", "b");
    witnesses.says.set("a-host", fromSource).set("b-host", fromSource);
    const task = await copied(await engineWith());
    assert.equal(task.record.verified, "agreed");
    assert.deepEqual(source.reads, []);
    assert.ok(witnesses.asked.length <= 2, "one question tells of many pieces");
    await task.close();
  });

  test("are shown on the parent's word alone where nobody else says anything", async () => {
    placeParents("a");
    witnesses.says.set("a-host", fromSource);
    const task = await copied(await engineWith());
    assert.equal(task.record.verified, "transport");
    assert.deepEqual(source.reads, []);
    await task.close();
  });

  test("are not shown when they were altered, digests and all: the source decides, and the parent is named", async () => {
    placeParents("altered", "b", "c");
    transport.versionOf = (peerId) => (peerId === "altered" ? 9 : 1);
    witnesses.says.set("altered-host", { version: 9, parentId: "" });
    witnesses.says.set("b-host", fromSource).set("c-host", fromSource);
    const task = await copied(await engineWith());
    const given = transport.fetches.filter(({ parent }) => parent === "altered").length;
    const disputes = log.filter((line) => line.includes("piece-disputed")).length;
    assert.ok(given === 0 || disputes > 0, "each piece of it was compared");
    if (given > 0) assert.ok(log.some((line) => /parent-dropped/.test(line) && /altered/.test(line)));
    assert.ok(!log.some((line) => /dropped/.test(line) && !/altered/.test(line)), log.join("\n"));
    await task.close();
  });

  test("are right although the one who speaks against their parent is the one that was altered", async () => {
    scheduler.place({ kind: "parents", parents: [parentNamed("good"), parentNamed("liar")] });
    announcements.announce("good", ALL);
    announcements.end("liar");
    witnesses.says.set("liar-host", { version: 9, parentId: "" });
    const task = await copied(await engineWith());
    assert.ok(task.record.bytesFromPeers > 0, "the good parent goes on");
    assert.ok(log.some((line) => /witness-dropped/.test(line) && /liar-host/.test(line)));
    assert.ok(!log.some((line) => /"good"/.test(line) && /dropped/.test(line)), log.join("\n"));
    await task.close();
  });

  test("are had of the source where agreement is demanded and nobody agrees", async () => {
    placeParents("a");
    const task = await copied(await engineWith("agreed"));
    assert.equal(task.record.bytesFromPeers, 0);
    assert.ok(!log.some((line) => line.includes("parent-dropped")), "the parent has done nothing wrong");
    await task.close();
  });

  test("are compared with nothing where the transport's word is enough", async () => {
    placeParents("a", "b");
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
