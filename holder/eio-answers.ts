/** Answers everything that a mount is asked with EIO, when no daemon can be had for it any more. Knows no operation. */
import { constants } from "node:os";
import { IN_HEADER } from "../fs/bindings/kernel-abi/layouts.ts";
import { EMPTY_NOTIFICATION } from "../fs/bindings/kernel-abi/notifications.ts";
import { NOTIFICATION, wantsReply } from "../fs/bindings/kernel-abi/opcodes.ts";
import { writeReplyHeader } from "../fs/bindings/kernel-abi/replies.ts";
import type { NativeAddon } from "../native/linux/addon.ts";
import { MESSAGE_ALIGNMENT } from "../native/linux/kernel-channel.ts";

/**
 * Answers until the mount is gone; what the last daemon left unanswered too.
 * @param onEnd the mount is gone; the caller closes the descriptor then
 * @returns ends it
 */
export function answerEio(addon: NativeAddon, device: number, onEnd: () => void): () => Promise<void> {
  const channel = addon.openChannel(device, {
    readers: 1,
    workers: 1,
    onRequests(inbox, usedBytes) {
      const view = new DataView(inbox.buffer, inbox.byteOffset, usedBytes);
      const out = new DataView(channel.outbox.buffer, channel.outbox.byteOffset);
      for (let at = 0; at < usedBytes; ) {
        const opcode = view.getUint32(at + IN_HEADER.at.opcode, true);
        const unique = view.getBigUint64(at + IN_HEADER.at.unique, true);
        if (wantsReply(opcode)) channel.reply(writeReplyHeader(out, unique, -constants.errno.EIO, 0));
        at += Math.ceil(view.getUint32(at, true) / MESSAGE_ALIGNMENT) * MESSAGE_ALIGNMENT;
      }
    },
    // Nothing is answered from files here.
    onReadFailed() {},
    onEnd: () => void channel.close().then(onEnd),
  });
  channel.notifyNow(NOTIFICATION.RESEND, EMPTY_NOTIFICATION);
  channel.start();
  return () => channel.close();
}
