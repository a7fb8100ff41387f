/**
 * Measures a test link with plain sockets: the round trip as the shortest of some TCP connects, the rate as what one
 * connection brings. Ends with 1 where the round trip is not what it should be.
 *
 *   lab-probe.mjs NAMESPACE ADDRESS DELAY_MS      run at the near end; runs its other half in NAMESPACE
 *   lab-probe.mjs serve ADDRESS                   the other half: pumps bytes until its stdin ends
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";

const CONNECTS = 20;
/** The pump's first part, in which TCP finds the rate, and the part that counts, ms. */
const WARM_UP_MS = 500;
const PUMP_MS = 1000;
const PUMP_BYTES = 256 * 1024;
/** By how much the round trip may be off: a part of it, and a time that any machine needs, ms. */
const TOLERANCE_PART = 0.1;
const TOLERANCE_MS = 1.5;

async function serve(address) {
  const server = createServer((socket) => {
    const bytes = Buffer.alloc(PUMP_BYTES);
    const pump = () => {
      while (!socket.destroyed && socket.write(bytes));
    };
    socket.on("error", () => socket.destroy());
    // Only those that ask are pumped to; the others came to measure the connect.
    socket.once("data", () => {
      socket.on("drain", pump);
      pump();
    });
  }).listen(0, address);
  await once(server, "listening");
  console.log(server.address().port);
  process.stdin.resume().once("end", () => process.exit(0));
}

async function connectMs(host, port) {
  const begin = performance.now();
  const socket = connect(port, host);
  await once(socket, "connect");
  const took = performance.now() - begin;
  socket.destroy();
  return took;
}

async function bitsPerSecond(host, port) {
  const socket = connect(port, host);
  let bytes = 0;
  socket.on("data", (chunk) => {
    bytes += chunk.length;
  });
  socket.write("go");
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  const [begin, before] = [performance.now(), bytes];
  await new Promise((resolve) => setTimeout(resolve, PUMP_MS));
  const rate = ((bytes - before) * 8) / ((performance.now() - begin) / 1000);
  socket.destroy();
  return rate;
}

async function measure(namespace, address, delayMs) {
  const words = [process.execPath, fileURLToPath(import.meta.url), "serve", address];
  const other = spawn("nsenter", [`--net=${namespace}`, "--", ...words], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [said] = await once(other.stdout, "data");
  const port = Number(said);
  const connects = [];
  for (let i = 0; i < CONNECTS; i++) connects.push(await connectMs(address, port));
  const roundTripMs = Math.min(...connects);
  const rate = await bitsPerSecond(address, port);
  other.stdin.end();
  await once(other, "exit");
  console.log(`round trip ${roundTripMs.toFixed(2)} ms, ${(rate / 1e6).toFixed(0)} Mb/s, origin ${address}`);
  const wantedMs = 2 * delayMs;
  if (Math.abs(roundTripMs - wantedMs) <= TOLERANCE_MS + TOLERANCE_PART * wantedMs) return 0;
  console.error(`lab: the round trip should be ${wantedMs} ms; the link is not fit to measure with`);
  return 1;
}

const [first, second, third] = process.argv.slice(2);
if (first === "serve") await serve(second);
else process.exit(await measure(first, second, Number(third)));
