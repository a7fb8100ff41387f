/** Requests and replies as one line each, for debugging. Never the bytes of files or attributes; names as JSON texts. */
import { flagNames, INIT_FLAG, OPEN_FLAG } from "./flags.ts";
import { ENTRY_OUT, OPEN_OUT, OUT_HEADER } from "./layouts.ts";
import { OPCODE, opcodeName, UNIQUE_RESENT } from "./opcodes.ts";
import type { KernelRequest, RequestHeader } from "./requests.ts";

/** "LOOKUP #12 node 1 uid 0 pid 33: name "a"". */
export function printRequest(request: KernelRequest): string {
  const { header, op: _, ...fields } = request;
  const details = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${printField(name, value)}`);
  const { nodeid, uid, pid } = header;
  const begin = `${opcodeName(header.opcode)} ${printUnique(header.unique)} node ${nodeid} uid ${uid} pid ${pid}`;
  return details.length === 0 ? begin : `${begin}: ${details.join(" ")}`;
}

/** "LOOKUP #12 -> 0, 128 bytes: node 7". @param reply header and body */
export function printReply(header: RequestHeader, reply: Uint8Array): string {
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  const error = view.getInt32(OUT_HEADER.at.error, true);
  const begin = `${opcodeName(header.opcode)} ${printUnique(header.unique)} -> ${error}`;
  const body = reply.length - OUT_HEADER.bytes;
  if (error !== 0 || body === 0) return begin;
  return `${begin}, ${body} bytes${printBody(header.opcode, view)}`;
}

function printBody(opcode: number, view: DataView): string {
  const from = OUT_HEADER.bytes;
  if (opcode === OPCODE.LOOKUP && view.byteLength >= from + ENTRY_OUT.bytes) {
    return `: node ${view.getBigUint64(from + ENTRY_OUT.at.nodeid, true)}`;
  }
  if ((opcode === OPCODE.OPEN || opcode === OPCODE.OPENDIR) && view.byteLength >= from + OPEN_OUT.bytes) {
    const flags = flagNames(view.getUint32(from + OPEN_OUT.at.open_flags, true), OPEN_FLAG);
    return `: handle ${view.getBigUint64(from + OPEN_OUT.at.fh, true)} ${flags.join("|")}`.trimEnd();
  }
  return "";
}

function printUnique(unique: bigint): string {
  const again = (unique & UNIQUE_RESENT) !== 0n ? " (again)" : "";
  return `#${unique & ~UNIQUE_RESENT}${again}`;
}

function printField(name: string, value: unknown): string {
  if (value instanceof Uint8Array) return `of ${value.length} bytes`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" && /^(mode|umask|flags)$/.test(name)) return `0${value.toString(8)}`;
  if (typeof value !== "object" || value === null) return String(value);
  return JSON.stringify(value, (key, inner: unknown) => {
    if (typeof inner !== "bigint") return inner;
    return key === "flags" ? flagNames(inner, INIT_FLAG).join("|") : String(inner);
  });
}
