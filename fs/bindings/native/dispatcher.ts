/**
 * From bytes to operations: decodes what the channel hands over and calls whoever answers it. Where an operation is not
 * there, ENOSYS: the kernel then does it itself, or stops asking.
 */
import { constants } from "node:os";
import { MESSAGE_ALIGNMENT, OBSERVED_READ } from "../../../native/linux/kernel-channel.ts";
import { MUTATIONS, type Mutation } from "../../filesystem.ts";
import { decodeAs, decodeHeader, decodeRequest } from "../kernel-abi/decode-request.ts";
import { MessageReader } from "../kernel-abi/fields.ts";
import { IN_HEADER } from "../kernel-abi/layouts.ts";
import { OPCODE, opcodeName, wantsReply } from "../kernel-abi/opcodes.ts";
import type { AttributeChange, InitOffer, KernelRequest } from "../kernel-abi/requests.ts";
import type { FileOperations } from "./file-operations.ts";
import type { KernelRequests, RequestWait } from "./kernel-requests.ts";
import type { NameOperations } from "./name-operations.ts";
import type { ReplyWriter } from "./reply-writer.ts";

export interface DispatcherParts {
  readonly names: NameOperations;
  readonly files: FileOperations;
  readonly requests: KernelRequests;
  readonly writer: ReplyWriter;
  /** Answers INIT. */
  readonly onInit: (unique: bigint, offer: InitOffer) => void;
}

export class Dispatcher {
  readonly #parts: DispatcherParts;
  /** One for each of the channel's inboxes. */
  readonly #readers = new Map<Uint8Array, MessageReader>();

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Takes a batch of the channel's. */
  dispatch(inbox: Uint8Array, usedBytes: number): void {
    let reader = this.#readers.get(inbox);
    if (reader === undefined) {
      reader = new MessageReader(inbox);
      this.#readers.set(inbox, reader);
    }
    for (let at = 0; at < usedBytes; ) {
      reader.turnTo(at, usedBytes);
      // The channel has checked that the message has so many bytes.
      const length = reader.u32(0);
      reader.turnTo(at, at + length);
      this.#take(reader);
      at += Math.ceil(length / MESSAGE_ALIGNMENT) * MESSAGE_ALIGNMENT;
    }
  }

  #take(message: MessageReader): void {
    const { requests } = this.#parts;
    const { at, bytes } = IN_HEADER;
    if (message.bytes < bytes) return;
    const [opcode, unique] = [message.u32(at.opcode), message.u64(at.unique)];
    try {
      const header = decodeHeader(message);
      if (opcode === OBSERVED_READ) this.#observed(decodeAs(message, header, OPCODE.READ));
      else this.#perform(decodeRequest(message, header));
    } catch (error) {
      // Only a message that could not be decoded comes here: operations answer their own failures. What a thread has
      // answered is not answered again.
      if (opcode !== OBSERVED_READ && wantsReply(opcode))
        requests.fail(unique, { operation: opcodeName(opcode).toLowerCase() }, error);
    }
  }

  #observed(request: KernelRequest): void {
    if (request.op === "read") this.#parts.files.observe(request);
  }

  #perform(request: KernelRequest): void {
    const { names, requests, onInit } = this.#parts;
    const { header } = request;
    if (request.op === "init") onInit(header.unique, request.offer);
    else if (request.op === "forget") names.forget(request);
    else if (request.op === "interrupt") requests.interrupt(request.target);
    else if (wantsReply(header.opcode)) {
      const path = request.op === "lookup" ? request.name : undefined;
      requests.run(header, { operation: operationName(request), path }, (wait) =>
        this.#answer(request, wait),
      );
    }
  }

  #answer(request: KernelRequest, wait: RequestWait): void | Promise<void> {
    const { names, files, writer } = this.#parts;
    switch (request.op) {
      case "lookup":
        return names.lookup(request, wait);
      case "getattr":
        return names.getattr(request, wait);
      case "readlink":
        return names.readlink(request);
      case "opendir":
        return names.opendir(request);
      case "releasedir":
        return names.releasedir(request);
      case "readdir":
      case "readdirplus":
        return names.readdir(request, wait);
      case "getxattr":
        return names.getxattr(request, wait);
      case "listxattr":
        return names.listxattr(request, wait);
      case "statfs":
        return names.statfs(request, wait);
      case "open":
        return files.open(request, wait);
      case "read":
        return files.read(request, wait);
      case "flush":
        return files.flush(request);
      case "release":
        return files.release(request);
      case "destroy":
      case "syncfs":
        writer.send(request.header.unique);
        return;
      default:
        this.#refuse(request);
    }
  }

  /** What would change something is refused as such; the rest is not there. */
  #refuse(request: KernelRequest): void {
    const mutation = mutationOf(request);
    if (mutation !== undefined) this.#parts.names.refuse(mutation);
    this.#parts.writer.fail(request.header.unique, constants.errno.ENOSYS);
  }
}

/** What the request would change; undefined: nothing. */
function mutationOf(request: KernelRequest): Mutation | undefined {
  switch (request.op) {
    case "setattr":
      return changeOf(request);
    case "tmpfile":
      return "create";
    case "copyFileRange":
      return "write";
    default:
      return MUTATIONS.find((mutation) => mutation === request.op);
  }
}

function changeOf(change: AttributeChange): Mutation {
  if (change.size !== undefined) return "truncate";
  if (change.mode !== undefined) return "chmod";
  return change.uid !== undefined || change.gid !== undefined ? "chown" : "utimens";
}

/** As the filesystem's own operations are called. */
function operationName(request: KernelRequest): string {
  if (request.op === "setattr") return changeOf(request);
  return request.op === "other" ? opcodeName(request.header.opcode).toLowerCase() : request.op;
}
