/** Rules of extended attributes: which names are ours, and how a value meets the caller's buffer (xattr(7)). */
import { P2pfsError } from "../base/errors.ts";
import { XATTR_BYTES_MAX } from "../base/limits.ts";

/** Every attribute the mount has begins so; all other names have no value. */
export const XATTR_PREFIX = "user.p2p.";
/** Attributes of other namespaces (ACLs, capabilities, labels) do not exist here at all. */
const NAMESPACE = "user.";

export function isOurAttribute(name: string): boolean {
  return name.startsWith(XATTR_PREFIX);
}

/**
 * The value's bytes, if they fit into the caller's buffer.
 * @param sizeMax 0 when the caller only asks how long it is
 * @throws P2pfsError NO_ATTRIBUTE when there is no value, NOT_SUPPORTED for other namespaces, BUFFER_TOO_SMALL
 */
export function attributeValue(value: string | undefined, name: string, sizeMax: number): Buffer {
  if (value === undefined && !name.startsWith(NAMESPACE))
    throw new P2pfsError("NOT_SUPPORTED", `there are no attributes like ${name}`);
  if (value === undefined) throw new P2pfsError("NO_ATTRIBUTE", `there is no attribute ${name}`);
  const bytes = Buffer.from(value);
  // Part of a value would be a wrong one; no buffer of the kernel's holds more.
  if (bytes.length > XATTR_BYTES_MAX || (sizeMax > 0 && bytes.length > sizeMax))
    throw new P2pfsError("BUFFER_TOO_SMALL", `the value of ${name} has ${bytes.length} bytes`);
  return bytes;
}

/**
 * The names as listxattr(2) wants them, each ended by NUL, if they fit.
 * @throws P2pfsError BUFFER_TOO_SMALL
 */
export function attributeList(names: readonly string[], sizeMax: number): Buffer {
  const bytes = Buffer.from(names.map((name) => `${name}\0`).join(""));
  if (sizeMax > 0 && bytes.length > sizeMax)
    throw new P2pfsError("BUFFER_TOO_SMALL", `the names of the attributes have ${bytes.length} bytes`);
  return bytes;
}
