/**
 * A peer that announces a whole file and then sends what it should not: a program of its own, which knows the wire and nothing
 * of a daemon. `node dist/test/system/bad-parent.js JSON`; says "ready", and ends with its input.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { crc32 } from "node:zlib";
import { credentials, Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { crc32Digest } from "../../base/crc32.ts";
import { decodeRequest, encodeContent, REQUEST_PACKET_BYTES } from "../../daemon/transport/vortex/packet.ts";
import type { SyncPiecesRequest__Output } from "../../proto/gen/dfdaemon/v2/SyncPiecesRequest.ts";
import type { SyncPiecesResponse } from "../../proto/gen/dfdaemon/v2/SyncPiecesResponse.ts";
import { DfdaemonUpload, Scheduler } from "../../proto/load.ts";
import type { BadParentOptions } from "./bad-parent-ways.ts";

const UPLOAD_PORT = 4000;
const PIECE_PORT = 4005;
/** So much that its children ask it first, bits a second. */
const PROMISED_RATE = 1e12;

const options = JSON.parse(process.argv[2] ?? "{}") as BadParentOptions;
const { way, ip, taskId, url, pieceLength } = options;
const content = readFileSync(options.file);
const hostId = `${ip}-bad-${way}`;

function pieceOf(number: number): Buffer {
  return content.subarray(number * pieceLength, (number + 1) * pieceLength);
}

function header(number: number, change: { number?: number; length?: number } = {}): Buffer {
  const bytes = pieceOf(number);
  const metadata = {
    number,
    offset: number * pieceLength,
    length: bytes.length,
    digest: crc32Digest(crc32(bytes)),
    parentId: "",
    costSeconds: 0,
    createdAtSeconds: Math.floor(Date.now() / 1000),
    ...change,
  };
  return encodeContent("standard", metadata, 0);
}

function misbehave(socket: Socket, number: number): void {
  const bytes = pieceOf(number);
  switch (way) {
    case "wrong-length":
      socket.write(header(number, { length: bytes.length - 1 }));
      socket.end(bytes.subarray(1));
      return;
    case "wrong-number":
      socket.write(header(number, { number: number + 1 }));
      socket.end(bytes);
      return;
    case "nothing":
      return;
    case "closes":
      socket.write(header(number));
      socket.end(bytes.subarray(0, bytes.length / 2));
      return;
    case "one-byte-a-second": {
      socket.write(header(number));
      let at = 0;
      const timer = setInterval(() => socket.write(bytes.subarray(at, ++at)), 1000);
      socket.once("close", () => clearInterval(timer));
    }
  }
}

const pieces = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  let came = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    came = Buffer.concat([came, chunk]);
    if (came.length < REQUEST_PACKET_BYTES) return;
    const request = decodeRequest(came.subarray(0, REQUEST_PACKET_BYTES));
    came = Buffer.alloc(0);
    if (request !== undefined) misbehave(socket, request.piece);
  });
}).listen(PIECE_PORT, ip);
await once(pieces, "listening");

const server = new Server();
server.addService(DfdaemonUpload.service, {
  syncPieces: (call: ServerWritableStream<SyncPiecesRequest__Output, SyncPiecesResponse>) => {
    for (const number of call.request.interestedPieceNumbers)
      call.write({
        number,
        offset: number * pieceLength,
        length: pieceOf(number).length,
        ip,
        tcpPort: PIECE_PORT,
      });
    call.end();
  },
} as never);
await new Promise<void>((resolve, reject) =>
  server.bindAsync(`${ip}:${UPLOAD_PORT}`, ServerCredentials.createInsecure(), (error) =>
    error ? reject(error) : resolve(),
  ),
);

const scheduler = new Scheduler(options.scheduler, credentials.createInsecure());
const host = {
  id: hostId,
  hostname: `bad-${way}`,
  ip,
  port: UPLOAD_PORT,
  downloadPort: UPLOAD_PORT,
  network: { maxTxBandwidth: PROMISED_RATE, txBandwidth: 0 },
};
await new Promise<void>((resolve) => scheduler.deleteHost({ hostId: options.replaces }, () => resolve()));
await new Promise<void>((resolve, reject) =>
  scheduler.announceHost({ host }, (error) => (error ? reject(error) : resolve())),
);
const stream = scheduler.announcePeer();
stream.on("error", () => {});
const contentLength = content.length;
const pieceCount = Math.ceil(contentLength / pieceLength);
const from = { hostId, taskId, peerId: `${hostId}-peer` };
const download = {
  url,
  actualPieceLength: pieceLength,
  actualContentLength: contentLength,
  actualPieceCount: pieceCount,
  metadataOnly: true,
};
stream.write({ ...from, registerPeerRequest: { download } });
await once(stream, "data");
stream.write({ ...from, downloadPeerStartedRequest: {} });
stream.write({ ...from, downloadPeerFinishedRequest: { contentLength, pieceCount } });
stream.end();
console.log("ready");
await once(process.stdin.resume(), "end");
await new Promise<void>((resolve) => scheduler.deleteHost({ hostId }, () => resolve()));
process.exit(0);
