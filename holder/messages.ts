/**
 * What holder and daemon say to each other: JSON lines over one stream socket, and descriptors over another that keeps
 * messages apart. The two may be of different builds of p2pfs: lines of unknown kinds are ignored, fields are only added.
 */

import type { Duplex } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { HOLDER_LINE_BYTES_MAX } from "../base/limits.ts";

/** How the daemon is told which of its descriptors lead to the holder: the lines', and the descriptors' if there can be any. */
export const HOLDER_OPTION = "--holder";

/** A mount as the holder gives it to a successor. Its device and its journal follow as descriptors, in this order. */
export interface HeldMount {
  readonly mount: number;
  /** As in the mount table. */
  readonly directory: string;
  /** What the daemon that mounted it wanted its successor to know. */
  readonly note: string;
  /** It was cut off from the kernel, and has to be made anew. */
  readonly isCut: boolean;
}

export type FromDaemon =
  | {
      readonly kind: "mount";
      readonly call: number;
      readonly directory: string;
      readonly readOnly: boolean;
      readonly allowOther: boolean;
      readonly note: string;
    }
  | {
      readonly kind: "unmount";
      readonly call: number;
      readonly mount: number;
      readonly lazy: boolean;
      readonly force: boolean;
    }
  /** The kernel is done with the mount. */
  | { readonly kind: "ended"; readonly mount: number }
  /** A mount answered somebody. */
  | { readonly kind: "served" }
  /** It ends in order: it is not started again. */
  | { readonly kind: "stopping" }
  /** For whoever started it; see StartReport. */
  | { readonly kind: "report"; readonly report: Readonly<Record<string, unknown>> }
  /** It ends, and its successor is this program. */
  | { readonly kind: "successor"; readonly entry: string }
  /** Where whoever looks for the daemon can see that it will be back. */
  | { readonly kind: "home"; readonly socketPath: string };

export type FromHolder =
  /** The first line: everything that is held. */
  | { readonly kind: "held"; readonly mounts: readonly HeldMount[] }
  | { readonly kind: "done"; readonly call: number; readonly mount?: number }
  | { readonly kind: "failed"; readonly call: number; readonly code: string; readonly message: string };

/** Names a descriptor in the message that carries it. */
export function descriptorName(what: "device" | "journal", mount: number): Buffer {
  return Buffer.from(`${what} ${mount}`);
}

/** Writes a message. One to somebody who is gone is dropped: the end of the stream tells of that. */
export function writeLine(stream: Duplex, message: FromDaemon | FromHolder): void {
  if (stream.writable) stream.write(`${JSON.stringify(message)}\n`);
}

/** Calls back for every message; a line that is none, or too long, ends the stream. */
export function readLines<Message extends { kind: string }>(
  stream: Duplex,
  onMessage: (message: Message) => void,
): void {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > HOLDER_LINE_BYTES_MAX) stream.destroy();
    for (const line of lines) {
      const message = parseLine<Message>(line);
      if (message !== undefined) onMessage(message);
      else stream.destroy();
    }
  });
}

function parseLine<Message extends { kind: string }>(line: string): Message | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    const isMessage = typeof parsed === "object" && parsed !== null && "kind" in parsed;
    return isMessage ? (parsed as Message) : undefined;
  } catch {
    return undefined;
  }
}
