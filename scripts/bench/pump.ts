/**
 * The floor that a daemon in Node is measured against: one HTTP answer into one file, through Node's own streams and
 * nothing else.
 *
 *   node dist/scripts/bench/pump.js URL FILE
 */
import { createWriteStream } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { UnavailableError } from "../../base/errors.ts";

const [url = "", file = ""] = process.argv.slice(2);
const answer = await new Promise<IncomingMessage>((resolve, reject) => {
  get(url, { agent: false }, resolve).once("error", reject);
});
if (answer.statusCode !== 200) throw new UnavailableError(`the server answered ${answer.statusCode}`);
await pipeline(answer, createWriteStream(file));
