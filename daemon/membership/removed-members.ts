/**
 * Hosts that are no longer of the cluster while a certificate of theirs is still good: what the issuer keeps of them, and what all
 * hosts hear, which is their ids alone. Pure.
 */
import { createHash } from "node:crypto";
import {
  CERTIFICATE_BACKDATED_MS,
  CERTIFICATE_LIFE_MS,
  MEMBERS_REMOVED_MAX,
  MEMBERS_REMOVED_SHOWN_MAX,
} from "../../base/limits.ts";
import type { Member } from "./member-state.ts";

/** A host as it was when it left or was removed. */
export interface RemovedMember {
  readonly memberId: string;
  readonly hostname: string;
  readonly ip: string;
  /** By the issuer's clock, ms since the epoch. */
  readonly removedAtMs: number;
  /** When its last certificate has ended for all, whose clocks differ. */
  readonly untilMs: number;
  /** It left by itself. */
  readonly left: boolean;
}

/** Bytes of one id among those that hosts hear. */
const ID_BYTES = 8;
const DIGEST_BYTES = 8;

/**
 * The list with one more; those whose certificates have ended are forgotten.
 * @param known what was known of the host @param left it went by itself
 */
export function withRemoved(
  list: readonly RemovedMember[],
  known: Pick<Member, "memberId"> & Partial<Member>,
  { nowMs, left }: { readonly nowMs: number; readonly left: boolean },
): readonly RemovedMember[] {
  const { memberId, hostname = "", ip = "", certificateUntilMs = nowMs + CERTIFICATE_LIFE_MS } = known;
  const untilMs = certificateUntilMs + CERTIFICATE_BACKDATED_MS;
  const one = { memberId, hostname, ip, removedAtMs: nowMs, untilMs, left };
  const kept = list.filter((each) => each.memberId !== memberId && nowMs < each.untilMs);
  if (kept.length < MEMBERS_REMOVED_MAX) return [...kept, one];
  const [first] = [...kept].sort((a, b) => a.untilMs - b.untilMs);
  return [...kept.filter((each) => each !== first), one];
}

/** The last ones first, as many as people look at. */
export function removedLately(list: readonly RemovedMember[]): readonly RemovedMember[] {
  return [...list].sort((a, b) => b.removedAtMs - a.removedAtMs).slice(0, MEMBERS_REMOVED_SHOWN_MAX);
}

/** Ids as hosts hear them: in order, 8 bytes each. */
export function packIds(ids: readonly string[]): Buffer {
  return Buffer.concat([...ids].sort().map((id) => Buffer.from(id.padStart(2 * ID_BYTES, "0"), "hex")));
}

/** What `packIds` made; of longer lists the first MEMBERS_REMOVED_MAX. */
export function unpackIds(bytes: Uint8Array): readonly string[] {
  const count = Math.min(MEMBERS_REMOVED_MAX, Math.floor(bytes.length / ID_BYTES));
  const hex = Buffer.from(bytes).toString("hex");
  return Array.from({ length: count }, (_, at) => hex.slice(at * 2 * ID_BYTES, (at + 1) * 2 * ID_BYTES));
}

/** By which two hosts see that they know the same ids; empty for none. */
export function digestOfIds(packed: Uint8Array): Buffer {
  if (packed.length === 0) return Buffer.alloc(0);
  return createHash("sha256").update(packed).digest().subarray(0, DIGEST_BYTES);
}
