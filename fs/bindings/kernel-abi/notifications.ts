/** What the kernel can be told unasked: bodies of notifications as bytes. Their codes are in opcodes.ts. Pure. */
import { setNumber64 } from "./fields.ts";
import {
  NOTIFY_DELETE_OUT,
  NOTIFY_INVAL_ENTRY_OUT,
  NOTIFY_INVAL_INODE_OUT,
  NOTIFY_PRUNE_OUT,
} from "./layouts.ts";

/** RESEND and INC_EPOCH: a header alone. */
export const EMPTY_NOTIFICATION = new Uint8Array(0);

/**
 * INVAL_INODE: attributes, and the cached pages of a range. `length` 0 means to the end; a negative `offset`, the
 * attributes alone. Waits for unanswered READs of those pages.
 */
export function invalidateInode(nodeid: number, offset: number, length: number): Uint8Array {
  const { at, bytes } = NOTIFY_INVAL_INODE_OUT;
  const body = new Uint8Array(bytes);
  const view = new DataView(body.buffer);
  setNumber64(view, at.ino, nodeid);
  setNumber64(view, at.off, offset);
  setNumber64(view, at.len, length);
  return body;
}

/** INVAL_ENTRY: a name, which is looked up again when somebody asks. @param flags EXPIRE_ONLY or 0 */
export function invalidateEntry(parent: number, name: string, flags = 0): Uint8Array {
  const { at, bytes } = NOTIFY_INVAL_ENTRY_OUT;
  const { body, view } = withName(bytes, name);
  setNumber64(view, at.parent, parent);
  view.setUint32(at.namelen, body.length - bytes - 1, true);
  view.setUint32(at.flags, flags, true);
  return body;
}

/** DELETE: a name is gone, if it is still this child's; inotify tells its watchers. */
export function deleteEntry(parent: number, child: number, name: string): Uint8Array {
  const { at, bytes } = NOTIFY_DELETE_OUT;
  const { body, view } = withName(bytes, name);
  setNumber64(view, at.parent, parent);
  setNumber64(view, at.child, child);
  view.setUint32(at.namelen, body.length - bytes - 1, true);
  return body;
}

/** PRUNE: nodes that nobody uses are forgotten. */
export function prune(nodeids: readonly number[]): Uint8Array {
  const { at, bytes } = NOTIFY_PRUNE_OUT;
  const body = new Uint8Array(bytes + 8 * nodeids.length);
  const view = new DataView(body.buffer);
  view.setUint32(at.count, nodeids.length, true);
  for (const [i, nodeid] of nodeids.entries()) setNumber64(view, bytes + 8 * i, nodeid);
  return body;
}

/** Room for a struct, a name behind it and its NUL. */
function withName(bytes: number, name: string): { body: Uint8Array; view: DataView } {
  const text = Buffer.from(name);
  const body = new Uint8Array(bytes + text.length + 1);
  body.set(text, bytes);
  return { body, view: new DataView(body.buffer) };
}
