/** The vortex transport: the contract of all transports, over parents that misbehave on the wire. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { crc32 } from "node:zlib";
import { FakeClock } from "../../../../base/clock.ts";
import { crc32Digest } from "../../../../base/crc32.ts";
import { BufferPool } from "../../../../base/file-pump.ts";
import { BLOCK_BYTES, PIECE_SILENCE_MS } from "../../../../base/limits.ts";
import type { CertificateFiles } from "../../../../daemon/tls/certificate-files.ts";
import {
  decodeRequest,
  ERROR_CODE,
  encodeContent,
  encodeError,
  type PieceMetadata,
  REQUEST_PACKET_BYTES,
} from "../../../../daemon/transport/vortex/packet.ts";
import { VortexTcpTransport } from "../../../../daemon/transport/vortex/tcp-transport.ts";
import { type ParentBehaviour, type ParentPiece, transportSuite } from "../../../suites/transport-suite.ts";
import { authorityOf, type HostPaths, openHost, writeHost } from "../../tls/host-files.ts";

function altered(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
  return copy;
}

function metadataOf(piece: ParentPiece, behaviour: ParentBehaviour, sent: Buffer): PieceMetadata {
  const isFitting = behaviour === "altered bytes with their digest";
  const digest = behaviour === "no digest" ? "" : crc32Digest(crc32(isFitting ? sent : piece.bytes));
  return {
    number: piece.number + (behaviour === "another number" ? 1 : 0),
    offset: piece.offset + (behaviour === "another offset" ? BLOCK_BYTES : 0),
    length: piece.bytes.length + (behaviour === "another length" ? 1 : 0),
    digest,
    parentId: "10.0.0.1-seed-1-seed",
    costSeconds: 1,
    createdAtSeconds: 1_700_000_000,
  };
}

/** Answers one request as told; written by hand from the protocol, so that both ends are not wrong alike. */
function answer(socket: Socket, piece: ParentPiece, behaviour: ParentBehaviour, id: number): void {
  const sent = behaviour.startsWith("altered") ? altered(piece.bytes) : piece.bytes;
  const head = encodeContent("standard", metadataOf(piece, behaviour, sent), id);
  if (behaviour === "silence") return;
  if (behaviour === "close at once") socket.destroy();
  else if (behaviour === "not found") socket.end(encodeError(ERROR_CODE.NOT_FOUND, "piece not found", id));
  else if (behaviour === "refuse") socket.end(encodeError(ERROR_CODE.INTERNAL, "no", id));
  else if (behaviour === "garbage") socket.end(randomBytes(3000).fill(7, 0, 2));
  else if (behaviour === "close in the middle")
    socket.end(Buffer.concat([head, sent.subarray(0, sent.length >> 1)]));
  else if (behaviour === "a byte a second") {
    socket.write(head);
    // Some in each of the clock's seconds.
    let at = 0;
    const timer = setInterval(() => void socket.write(sent.subarray(at, ++at)), 2);
    socket.on("close", () => clearInterval(timer));
  } else {
    // In odd parts, so that the head is cut too.
    socket.write(head.subarray(0, 9));
    setImmediate(() => socket.end(Buffer.concat([head.subarray(9), sent])));
  }
}

type Listen = (onConnection: (socket: Socket) => void) => Server;

async function parentServer(piece: ParentPiece, behaviour: ParentBehaviour, listen: Listen): Promise<Server> {
  const server = listen((socket) => {
    socket.on("error", () => {});
    let came = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      came = Buffer.concat([came, chunk]);
      if (came.length < REQUEST_PACKET_BYTES) return;
      const request = decodeRequest(came);
      if (request?.taskId !== piece.taskId || request.piece !== piece.number) socket.destroy();
      else answer(socket, piece, behaviour, request.id);
      came = Buffer.alloc(0);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function world(listen: Listen, tls?: { files: CertificateFiles; required: boolean }) {
  const clock = new FakeClock();
  const buffers = new BufferPool(6 * BLOCK_BYTES);
  const transport = new VortexTcpTransport({ clock, buffers, ...(tls === undefined ? {} : { tls }) });
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  return {
    transport,
    async parent(piece: ParentPiece, behaviour: ParentBehaviour) {
      const server = await parentServer(piece, behaviour, listen);
      server.on("connection", (socket) => sockets.add(socket));
      servers.push(server);
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      return { peerId: `127.0.0.1-host-${servers.length}`, hostId: "127.0.0.1-host", ip: "127.0.0.1", port };
    },
    passSecond: () => void clock.advance(1_000),
    passSilence: () => void clock.advance(PIECE_SILENCE_MS + 1),
    async close() {
      await transport.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

transportSuite("vortex over TCP", () => world((onConnection) => createServer(onConnection)));

const folder = mkdtempSync(join(tmpdir(), "p2pfs-transport-tls-"));
after(() => rmSync(folder, { recursive: true }));

transportSuite("vortex in TLS", async () => {
  const authority = await authorityOf("transport");
  const files = await openHost(await writeHost(join(folder, "child"), authority));
  const { own } = await openTexts(await writeHost(join(folder, "parent"), authority));
  const options = { ...own, ca: files.texts.ca, requestCert: true, ALPNProtocols: ["p2pfs-vortex"] };
  const inTls = await world((onConnection) => createTlsServer(options, onConnection), {
    files,
    required: true,
  });
  return {
    ...inTls,
    async close() {
      await inTls.close();
      await files.close();
    },
  };
});

async function openTexts(paths: HostPaths) {
  const files = await openHost(paths);
  await files.close();
  return files.texts;
}
