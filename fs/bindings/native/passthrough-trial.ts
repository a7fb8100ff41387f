/**
 * Finds out whether the kernel reads backing files itself for this process, by trying: mounts a filesystem of its own that
 * answers nothing but the first request, registers a file, and unmounts. Nobody is meant to enter it.
 */
import { closeSync } from "node:fs";
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import type { Clock } from "../../../base/clock.ts";
import { deadlineSignal, orAborted } from "../../../base/deadline.ts";
import { CHANNEL_BODY_BYTES, PASSTHROUGH_TRIAL_MS } from "../../../base/limits.ts";
import type { NativeAddon } from "../../../native/linux/addon.ts";
import type { KernelChannel } from "../../../native/linux/kernel-channel.ts";
import { decodeHeader, decodeRequest } from "../kernel-abi/decode-request.ts";
import { MessageReader } from "../kernel-abi/fields.ts";
import { type Negotiated, negotiate } from "../kernel-abi/negotiation.ts";
import { writeInit } from "../kernel-abi/replies.ts";
import type { InitOffer } from "../kernel-abi/requests.ts";
import { ReplyWriter } from "./reply-writer.ts";

/** mount(2): read-only, no set-user-id, no devices, no programs. */
const MOUNT_FLAGS = 1 | 2 | 4 | 8;

export interface PassthroughTrial {
  /** Minor number of the kernel's FUSE protocol, 7.N. */
  readonly protocolMinor: number;
  /** Why complete files would not be read by the kernel itself; undefined: they would. */
  readonly refusal: string | undefined;
}

export interface TrialOptions {
  /** Empty and nobody else's. */
  readonly directory: string;
  /** A file where the content files lie. */
  readonly fd: number;
  /** See NegotiationWishes. */
  readonly stackDepth: 1 | 2;
  readonly clock: Clock;
}

/** @throws P2pfsError NOT_PERMITTED without CAP_SYS_ADMIN, NOT_SUPPORTED without the device or with a kernel too old, DEADLINE */
export async function tryPassthrough(addon: NativeAddon, options: TrialOptions): Promise<PassthroughTrial> {
  const { directory, clock } = options;
  const ids = `user_id=${process.getuid?.() ?? 0},group_id=${process.getgid?.() ?? 0}`;
  // Not of the type of our mounts: nobody is to take it for one.
  const device = await addon.mountDirect({
    target: directory,
    source: "p2pfs-trial",
    type: "fuse.p2pfs-trial",
    flags: MOUNT_FLAGS,
    options: `rootmode=40000,${ids}`,
  });
  let channel: KernelChannel | undefined;
  const deadline = deadlineSignal(clock, "the kernel's first request", PASSTHROUGH_TRIAL_MS);
  try {
    const offered = new Promise<{ unique: bigint; offer: InitOffer }>((resolve) => {
      channel = addon.openChannel(device, {
        onRequests: (inbox, usedBytes) => offerIn(inbox, usedBytes, resolve),
        onReadFailed: () => undefined,
        onEnd: () => undefined,
      });
      channel.start();
    });
    const { unique, offer } = await orAborted(offered, deadline.signal);
    return attempt(channel, unique, offer, options);
  } finally {
    deadline.close();
    await addon.unmountDirect(directory, true);
    await channel?.close();
    closeSync(device);
  }
}

function offerIn(
  inbox: Uint8Array,
  usedBytes: number,
  found: (init: { unique: bigint; offer: InitOffer }) => void,
): void {
  const reader = new MessageReader(inbox);
  reader.turnTo(0, usedBytes);
  const header = decodeHeader(reader);
  const request = decodeRequest(reader, header);
  // Whatever comes behind it, from a program that looks at all mounts, ends with the mount.
  if (request.op === "init") found({ unique: header.unique, offer: request.offer });
}

function attempt(
  channel: KernelChannel | undefined,
  unique: bigint,
  offer: InitOffer,
  { stackDepth, fd }: TrialOptions,
): PassthroughTrial {
  const agreed: Negotiated = negotiate(offer, { stackDepth, maxReadaheadBytes: CHANNEL_BODY_BYTES });
  const protocolMinor = offer.minor;
  if (!agreed.passthrough || channel === undefined)
    return { protocolMinor, refusal: "the kernel offers no passthrough (6.9 does)" };
  new ReplyWriter(channel).send(unique, (view, from) => writeInit(view, from, agreed.reply));
  const result = channel.backingOpen(fd);
  if (result <= 0) return { protocolMinor, refusal: refusalOf(-result) };
  channel.backingClose(result);
  return { protocolMinor, refusal: undefined };
}

function refusalOf(errno: number): string {
  if (errno === constants.errno.EPERM) return "CAP_SYS_ADMIN in the first user namespace is missing";
  if (errno === constants.errno.ELOOP) return "the storage lies on a filesystem that is stacked too deep";
  return `the kernel refused the storage's files: ${getSystemErrorName(-errno)}`;
}
