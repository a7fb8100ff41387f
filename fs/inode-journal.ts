/**
 * What the mount tells, as it happens, so that a successor of its process can go on where it stopped: which inodes the
 * kernel knows, and how often it was told of each. Types only; bindings whose kernel side outlives the process fulfil it.
 */
import type { SourceNode } from "./content-source.ts";
import type { Inode } from "./inode-table.ts";

/** An inode as a successor needs it. */
export interface KeptInode {
  readonly number: number;
  readonly ino: number;
  readonly node: SourceNode;
  /** Replies that named it and were not forgotten; never fewer than the kernel counts. */
  readonly lookups: number;
  /** False: its node has a newer inode. */
  readonly current: boolean;
  readonly shownVersion: string | undefined;
}

/** Told before the reply that lets the kernel know. */
export interface InodeJournal {
  /** The kernel is about to know of the inode, which counts that already. It may be looked at until anything else is told. */
  met(inode: Inode): void;
  /** One more reply names it. */
  lookedUp(number: number): void;
  /** The kernel gave `count` references back. */
  forgot(number: number, count: number): void;
  /** No name leads to it any more. */
  retired(number: number): void;
  /** The kernel is about to be shown this version's size. */
  shown(number: number, version: string): void;
}

/** What an earlier process of the mount left. */
export interface KeptInodes {
  readonly inodes: Iterable<KeptInode>;
  /** Numbers up to this one were given. */
  readonly lastInode: number;
  /** Handles of files and of directories up to these were given. */
  readonly lastFile: number;
  readonly lastDirectory: number;
}
