/**
 * What a link carries of content: zeros through one plain TCP connection, counted once it has got going. How unevenly many
 * connections share it. And how long a link takes, busy as it is, until it carries a first answer.
 *
 *   node dist/scripts/bench/goodput-pump.js serve ADDRESS              says its port; sends to whoever comes until its input ends
 *   node dist/scripts/bench/goodput-pump.js fetch ADDRESS PORT MS      says bytes a second
 *   node dist/scripts/bench/goodput-pump.js share ADDRESS PORT MS COUNT   says the deviation of the logarithm of what each of them got
 *   node dist/scripts/bench/goodput-pump.js knock ADDRESS PORT         says the median of connections' times, ms, when its input ends
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { BLOCK_BYTES } from "../../base/limits.ts";
import { median, quantile } from "../../test/system/shows/figures.ts";

/** The shaper's burst is spent by then, and the window is open, ms. */
const WARM_UP_MS = 1_500;
/** Between two knocks, ms. */
const KNOCK_MS = 200;

async function serve(address: string): Promise<void> {
  const zeros = Buffer.alloc(BLOCK_BYTES);
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    const send = () => {
      while (!socket.destroyed && socket.write(zeros));
    };
    socket.on("drain", send);
    send();
  }).listen(0, address);
  await once(server, "listening");
  console.log(String((server.address() as { port: number }).port));
  await once(process.stdin.resume(), "end");
  process.exit(0);
}

async function fetch(host: string, port: number, ms: number): Promise<void> {
  const came = counted(host, port);
  await came.connected;
  await delay(WARM_UP_MS);
  const [before, begin] = [came.bytes(), performance.now()];
  await delay(ms);
  console.log(((came.bytes() - before) / ((performance.now() - begin) / 1000)).toFixed(0));
  process.exit(0);
}

/** From the first byte on, as pieces are. */
async function share(host: string, port: number, ms: number, count: number): Promise<void> {
  const all = Array.from({ length: count }, () => counted(host, port));
  await Promise.all(all.map(({ connected }) => connected));
  await delay(ms);
  const logs = all.map(({ bytes }) => Math.log(Math.max(1, bytes())));
  // Of a normal distribution, 68 % lie that near; a connection whose first packet was lost has next to nothing, and is no measure.
  console.log(((quantile(logs, 0.841) - quantile(logs, 0.159)) / 2).toFixed(3));
  process.exit(0);
}

/** A connection, and the bytes that came over it. */
function counted(host: string, port: number) {
  let came = 0;
  const buffer = Buffer.allocUnsafeSlow(256 * 1024);
  const callback = (count: number) => {
    came += count;
    return true;
  };
  const socket = connect({ host, port, onread: { buffer, callback } });
  return { connected: once(socket, "connect"), bytes: () => came };
}

async function knock(host: string, port: number): Promise<void> {
  const times: number[] = [];
  void once(process.stdin.resume(), "end").then(() => {
    console.log(median(times).toFixed(3));
    process.exit(0);
  });
  for (;;) {
    const begin = performance.now();
    const socket = connect({ host, port });
    await once(socket, "connect");
    times.push(performance.now() - begin);
    socket.destroy();
    await delay(KNOCK_MS);
  }
}

const [verb, address = "", port = "", ms = "", count = ""] = process.argv.slice(2);
if (verb === "serve") await serve(address);
else if (verb === "share") await share(address, Number(port), Number(ms), Number(count));
else if (verb === "knock") await knock(address, Number(port));
else await fetch(address, Number(port), Number(ms));
