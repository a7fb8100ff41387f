/**
 * The floor that pieces between hosts are measured against: one file over one connection into another file, a block at a
 * time, by Node's own calls and nothing else. Each end says its processor time at the end.
 *
 *   node dist/scripts/bench/socket-pump.js serve FILE ADDRESS     says its port; serves whoever comes until its input ends
 *   node dist/scripts/bench/socket-pump.js fetch FILE ADDRESS PORT
 */
import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { BLOCK_BYTES } from "../../base/limits.ts";

function sayProcessorTime(): void {
  const { user, system } = process.cpuUsage();
  console.log(`cpu ${((user + system) / 1e6).toFixed(3)}`);
}

async function send(file: FileHandle, socket: Socket): Promise<void> {
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(block, 0, BLOCK_BYTES, offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
    await new Promise<void>((resolve, reject) =>
      socket.write(block.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve())),
    );
  }
  socket.end();
}

async function serve(path: string, address: string): Promise<void> {
  const file = await open(path);
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    send(file, socket).catch(() => socket.destroy());
  }).listen(0, address);
  await once(server, "listening");
  console.log(String((server.address() as { port: number }).port));
  await once(process.stdin.resume(), "end");
  sayProcessorTime();
  process.exit(0);
}

/** Two blocks: one fills while the other is written. */
async function fetch(path: string, host: string, port: number): Promise<void> {
  const file = await open(path, "w");
  const blocks = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)];
  const came = Buffer.allocUnsafeSlow(256 * 1024);
  let filled = 0;
  let offset = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const writeOut = () => {
    const [block] = blocks as [Buffer, Buffer];
    const [length, position] = [filled, offset];
    blocks.reverse();
    offset += length;
    filled = 0;
    const before = writing;
    writing = before.then(() => file.write(block, 0, length, position));
    return before;
  };
  const take = (chunk: Buffer): boolean => {
    const count = Math.min(chunk.length, BLOCK_BYTES - filled);
    chunk.copy(blocks[0] as Buffer, filled, 0, count);
    filled += count;
    if (filled < BLOCK_BYTES) return true;
    const rest = Buffer.from(chunk.subarray(count));
    void writeOut().then(() => {
      if (rest.length > 0) take(rest);
      socket.resume();
    });
    return false;
  };
  const socket = connect({
    host,
    port,
    onread: { buffer: came, callback: (count) => take(came.subarray(0, count)) },
  });
  await once(socket, "end");
  writeOut();
  await writing;
  await file.close();
  sayProcessorTime();
  process.exit(0);
}

const [verb, path = "", address = "", port = ""] = process.argv.slice(2);
if (verb === "serve") await serve(path, address);
else await fetch(path, address, Number(port));
