/**
 * What is agreed with the kernel in INIT: which of its offers are taken, and what follows from them. Pure. Nothing here
 * tries anything; whether passthrough works is known once a backing file was registered.
 */
import { NotSupportedError } from "../../../base/errors.ts";
import { CHANNEL_BACKGROUND_MAX, CHANNEL_BODY_BYTES } from "../../../base/limits.ts";
import { INIT_FLAG } from "./flags.ts";
import type { InitReply } from "./replies.ts";
import type { InitOffer } from "./requests.ts";

/** Newest protocol that is known here. */
const PROTOCOL_MINOR = 45;
/** Linux 3.15: before it, INIT's answer and RENAME had other shapes. */
const PROTOCOL_MINOR_MIN = 23;
const PROTOCOL_MAJOR = 7;
/** A page as INIT counts it, bytes; kernels with larger pages take fewer, larger ones. */
const PAGE_BYTES = 4096;

/**
 * Taken wherever offered. Not taken: ATOMIC_O_TRUNC (cutting a file comes as SETATTR then), WRITEBACK_CACHE (it
 * forbids passthrough), POSIX_LOCKS and FLOCK_LOCKS (the kernel keeps locks itself then), REQUEST_TIMEOUT (it ends the
 * whole connection, also while a dead daemon's successor is on its way), ASYNC_DIO (a program that reads with O_DIRECT
 * could not be interrupted or killed while it waits).
 */
const ALWAYS =
  INIT_FLAG.ASYNC_READ |
  INIT_FLAG.BIG_WRITES |
  INIT_FLAG.AUTO_INVAL_DATA |
  INIT_FLAG.DO_READDIRPLUS |
  INIT_FLAG.PARALLEL_DIROPS |
  INIT_FLAG.ABORT_ERROR |
  INIT_FLAG.MAX_PAGES |
  INIT_FLAG.HANDLE_KILLPRIV_V2 |
  INIT_FLAG.DIRECT_IO_ALLOW_MMAP |
  INIT_FLAG.NO_EXPORT_SUPPORT |
  INIT_FLAG.HAS_RESEND;

export interface NegotiationWishes {
  /** Layers of filesystems that may lie below a passed-through file: 0 for no passthrough, 2 for a store on overlayfs. */
  readonly stackDepth: 0 | 1 | 2;
  /** Read-ahead of the kernel, bytes; it can only be lowered here. */
  readonly maxReadaheadBytes: number;
  /** Offers that are treated as if they had not been made: what an older kernel is like. Default none. */
  readonly refused?: bigint;
}

export interface Negotiated {
  readonly reply: InitReply;
  /** Flags that both sides have, INIT_FLAG. */
  readonly flags: bigint;
  /** The kernel may be asked to register backing files. */
  readonly passthrough: boolean;
  /** A successor can have unanswered requests sent again. */
  readonly resend: boolean;
}

/** @throws NotSupportedError when the kernel's protocol is too old or of another kind */
export function negotiate(offer: InitOffer, wishes: NegotiationWishes): Negotiated {
  if (offer.major !== PROTOCOL_MAJOR || offer.minor < PROTOCOL_MINOR_MIN) {
    throw new NotSupportedError(
      `this kernel speaks FUSE ${offer.major}.${offer.minor}; the kernel channel needs ${PROTOCOL_MAJOR}.${PROTOCOL_MINOR_MIN} or a later 7`,
    );
  }
  const offered = offer.flags & ~(wishes.refused ?? 0n);
  let flags = offered & ALWAYS;
  // The second word of flags is read only with this one.
  const extended = (offered & INIT_FLAG.INIT_EXT) !== 0n;
  if (extended) flags |= INIT_FLAG.INIT_EXT;
  else flags &= 0xffff_ffffn;
  const passthrough = extended && wishes.stackDepth > 0 && (offered & INIT_FLAG.PASSTHROUGH) !== 0n;
  if (passthrough) flags |= INIT_FLAG.PASSTHROUGH;
  const reply: InitReply = {
    minor: Math.min(offer.minor, PROTOCOL_MINOR),
    maxReadaheadBytes: Math.min(offer.maxReadaheadBytes, wishes.maxReadaheadBytes),
    flags,
    maxBackground: CHANNEL_BACKGROUND_MAX,
    congestionThreshold: Math.floor((CHANNEL_BACKGROUND_MAX * 3) / 4),
    maxWriteBytes: CHANNEL_BODY_BYTES,
    timeGranularityNs: 1,
    maxPages: CHANNEL_BODY_BYTES / PAGE_BYTES,
    maxStackDepth: passthrough ? wishes.stackDepth : 0,
    requestTimeoutS: 0,
  };
  return { reply, flags, passthrough, resend: (flags & INIT_FLAG.HAS_RESEND) !== 0n };
}
