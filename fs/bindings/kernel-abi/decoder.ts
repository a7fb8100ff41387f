/** What every decoder of an operation is; see decode-request.ts. */
import type { MessageReader } from "./fields.ts";
import { IN_HEADER } from "./layouts.ts";
import type { Operation, RequestHeader } from "./requests.ts";

/** Where the operation's own struct begins. */
export const BODY = IN_HEADER.bytes;

/** Reads one kind of operation. @throws P2pfsError when the message does not hold it */
export type Decoder = (message: MessageReader, header: RequestHeader) => Operation;
