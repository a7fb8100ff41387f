/** A DNS server over UDP as a test's name server (RFC 1035 §4): answers addresses from a table, and fails as told. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";

export interface NameRecord {
  /** IPv4 and IPv6 addresses; none: the name exists without any. */
  readonly addresses?: readonly string[];
  /** Seconds; default 60. */
  readonly ttl?: number;
  /** "servfail", or "silent" for no answer, to all questions or to those for one family. */
  readonly fails?: "servfail" | "silent" | "silent-4" | "silent-6";
}

export interface NameServer {
  /** ADDRESS:PORT. */
  readonly address: string;
  /** Names asked for, with the family: "model.example 4". */
  readonly questions: readonly string[];
  /** Sets a record from now on; names without one do not exist. */
  serve(name: string, record: NameRecord): void;
  /** Idempotent. */
  stop(): Promise<void>;
}

const TYPE_A = 1;
const TYPE_AAAA = 28;
const SERVFAIL = 2;
const NXDOMAIN = 3;

interface Question {
  readonly name: string;
  readonly type: number;
  /** Where the question ends in the message. */
  readonly end: number;
}

function parseQuestion(message: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("ascii", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const [left = "", right = ""] = address.split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":"));
  const gap = Array<string>(8 - words(left).length - words(right).length).fill("0");
  return Buffer.from(
    [...words(left), ...gap, ...words(right)].map((word) => word.padStart(4, "0")).join(""),
    "hex",
  );
}

function answerTo(message: Buffer, question: Question, record: NameRecord | undefined): Buffer {
  const wanted = (record?.addresses ?? []).filter(
    (address) => isIPv4(address) === (question.type === TYPE_A),
  );
  const code = record === undefined ? NXDOMAIN : record.fails === "servfail" ? SERVFAIL : 0;
  const head = Buffer.from(message.subarray(0, 12));
  // A response, recursion desired and available, with the code.
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(code === 0 ? wanted.length : 0, 6);
  head.writeUInt32BE(0, 8);
  const answers = wanted.map((address) => {
    const bytes = addressBytes(address);
    const fixed = Buffer.alloc(12);
    fixed.writeUInt16BE(0xc00c, 0);
    fixed.writeUInt16BE(question.type, 2);
    fixed.writeUInt16BE(1, 4);
    fixed.writeUInt32BE(record?.ttl ?? 60, 6);
    fixed.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([fixed, bytes]);
  });
  return Buffer.concat([head, message.subarray(12, question.end), ...(code === 0 ? answers : [])]);
}

/** Starts a name server on a free port of 127.0.0.1. The caller stops it. */
export async function startNameServer(): Promise<NameServer> {
  const socket: Socket = createSocket("udp4");
  const records = new Map<string, NameRecord>();
  const questions: string[] = [];
  socket.on("message", (message: Buffer, from: RemoteInfo) => {
    const question = parseQuestion(message);
    if (question.type !== TYPE_A && question.type !== TYPE_AAAA) return;
    const family = question.type === TYPE_A ? 4 : 6;
    questions.push(`${question.name} ${family}`);
    const record = records.get(question.name);
    if (record?.fails === "silent" || record?.fails === `silent-${family}`) return;
    socket.send(answerTo(message, question, record), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  let stopped = false;
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    serve: (name, record) => void records.set(name.toLowerCase(), record),
    async stop() {
      if (stopped) return;
      stopped = true;
      socket.close();
      await once(socket, "close");
    },
  };
}
