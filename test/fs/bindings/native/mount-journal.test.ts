/** The journal of a mount: what one process writes, the next reads, whenever the first was killed. */
import assert from "node:assert/strict";
import { closeSync, fstatSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { JOURNAL_COMPACT_BYTES_MIN } from "../../../../base/limits.ts";
import { UNIQUE_RESENT } from "../../../../fs/bindings/kernel-abi/opcodes.ts";
import type { KeptHandle } from "../../../../fs/bindings/native/journal-records.ts";
import { MountJournal, openedBefore } from "../../../../fs/bindings/native/mount-journal.ts";
import type { KeptInode } from "../../../../fs/inode-journal.ts";
import type { Inode, InodeNumber } from "../../../../fs/inode-table.ts";
import { seededRandom } from "../../../base/seeded-random.ts";
import { addon, addonMissing } from "../../../native/built-addon.ts";

function inodeOf(number: number, rest: Partial<Inode> = {}): Inode {
  return {
    number: number as InodeNumber,
    ino: number,
    node: { key: `k"${number}\n`, kind: "file" },
    lookups: 1,
    holds: 0,
    current: true,
    shownVersion: "v1",
    cachedVersion: undefined,
    ...rest,
  };
}

const keptOf = ({ number, ino, node, lookups, current, shownVersion }: Inode): KeptInode => ({
  number,
  ino,
  node,
  lookups,
  current,
  shownVersion,
});

function handleOf(handle: number, rest: Partial<KeptHandle> = {}): KeptHandle {
  return { handle, nodeid: 2, kind: "file", unique: 10n, backingId: 0, resume: "r", ...rest };
}

/** A file for a journal, and ways to open it as the first process and as a later one. */
function journalFile(t: TestContext) {
  const fd = addon().memoryFile("journal");
  t.after(() => closeSync(fd));
  return { fd, open: () => MountJournal.open(fd, (offset, length) => addon().punchHole(fd, offset, length)) };
}

describe("the journal of a mount", { skip: addonMissing }, () => {
  test("tells the next process what was agreed, which inodes are known how often, and what is open", (t) => {
    const file = journalFile(t);
    const { journal } = file.open();
    journal.begin(() => ({ inodes: [], last: 1 }));
    journal.agreed({ minor: 45, flags: 0x80_0000_0001n, passthrough: true });
    journal.met(inodeOf(2));
    journal.lookedUp(2);
    journal.met(inodeOf(3));
    journal.retired(3);
    journal.met(inodeOf(4));
    journal.shown(2, "v2");
    journal.forgot(4, 1);
    journal.opened(handleOf(7, { unique: 22n, backingId: 5 }));
    journal.opened(handleOf(7, { kind: "directory", unique: 24n, resume: undefined }));
    journal.opened(handleOf(9));
    journal.released("file", 9);
    journal.flush();
    const { state } = file.open();
    assert.deepEqual(state.agreement, { minor: 45, flags: 0x80_0000_0001n, passthrough: true });
    assert.deepEqual(
      [...state.inodes.values()],
      [
        keptOf(inodeOf(2, { lookups: 2, shownVersion: "v2" })),
        keptOf(inodeOf(3, { lookups: 1, current: false })),
      ],
    );
    assert.deepEqual(
      [...state.handles],
      [
        handleOf(7, { unique: 22n, backingId: 5 }),
        handleOf(7, { kind: "directory", unique: 24n, resume: undefined }),
      ],
    );
    assert.deepEqual(state.last, { inode: 4, file: 9, directory: 7 });
  });

  test("loses nothing but what was not written when the process was killed, wherever its last write was cut", (t) => {
    const file = journalFile(t);
    const { journal } = file.open();
    journal.begin(() => ({ inodes: [], last: 1 }));
    journal.met(inodeOf(2));
    journal.flush();
    const whole = fstatSync(file.fd).size;
    journal.met(inodeOf(3));
    journal.flush();
    const end = fstatSync(file.fd).size;
    for (let size = end - 1; size >= whole; size--) {
      ftruncateSync(file.fd, size);
      assert.deepEqual([...file.open().state.inodes.keys()], [2], `cut at ${size}`);
    }
  });

  test("is written anew when it has grown, and says the same", (t) => {
    const file = journalFile(t);
    const { journal } = file.open();
    const random = seededRandom("journal");
    const inodes = new Map<number, Inode>();
    journal.begin(() => ({ inodes: [...inodes.values()].map(keptOf), last: 100_000 }));
    journal.opened(handleOf(1));
    let written = 0;
    for (let round = 0; written < 6 * JOURNAL_COMPACT_BYTES_MIN; round++) {
      const number = 2 + Math.floor(random.next() * 2_000);
      const inode = inodes.get(number);
      if (inode === undefined) {
        const made = inodeOf(number, { shownVersion: `v${"x".repeat(200)}` });
        journal.met(made);
        inodes.set(number, made);
        written += 300;
      } else if (random.next() < 0.5) {
        journal.forgot(number, inode.lookups);
        inodes.delete(number);
      } else {
        journal.lookedUp(number);
        inode.lookups += 1;
      }
      if (round % 7 === 0) journal.flush();
    }
    journal.flush();
    const { state } = file.open();
    const sorted = (all: Iterable<KeptInode>) => [...all].sort((a, b) => a.number - b.number);
    assert.deepEqual(sorted(state.inodes.values()), sorted([...inodes.values()].map(keptOf)));
    assert.deepEqual([...state.handles], [handleOf(1)]);
    const header = Buffer.alloc(8);
    readSync(file.fd, header, 0, 8, 0);
    assert.ok(header.readBigUInt64LE() > 8n, "it was written anew");
  });

  test("knows what a request that is sent again had opened, and nothing of others", (t) => {
    const file = journalFile(t);
    const { journal } = file.open();
    journal.begin(() => ({ inodes: [], last: 1 }));
    journal.opened(handleOf(7, { unique: 22n }));
    assert.equal(openedBefore(journal, "file", 22n | UNIQUE_RESENT)?.handle, 7);
    assert.equal(openedBefore(journal, "file", 22n), undefined);
    assert.equal(openedBefore(journal, "directory", 22n | UNIQUE_RESENT), undefined);
    journal.released("file", 7);
    assert.equal(openedBefore(journal, "file", 22n | UNIQUE_RESENT), undefined);
  });

  test("that is no journal is refused", (t) => {
    const file = journalFile(t);
    writeSync(file.fd, "\x08\0\0\0\0\0\0\0{}}\n");
    assert.throws(() => file.open(), /journal/);
  });
});
