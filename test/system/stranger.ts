/**
 * What a host without the cluster's certificate gets of a host of it, asked at every port in clear, in TLS without a certificate,
 * and with one of another cluster: `node stranger.js ADDRESS TASK_ID [CERTIFICATE_FOLDER [keep]]`. Prints the questions that were answered;
 * with "keep" the task's deletion is none of them.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { type ChannelCredentials, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { systemClock } from "../../base/clock.ts";
import { callUnary } from "../../daemon/rpc/unary-call.ts";
import { encodeRequest } from "../../daemon/transport/vortex/packet.ts";
import { Cluster, DfdaemonUpload, Health, Pieces, Scheduler } from "../../proto/load.ts";

const [address = "", taskId = "", folder, keep] = process.argv.slice(2);
const PORTS = { scheduler: 8002, upload: 4000, pieces: 4005, entrance: 4007 };
/** Nobody who refuses takes longer. */
const ANSWER_MS = 3_000;

const trusting = { checkServerIdentity: () => undefined, rejectUnauthorized: false };
const own =
  folder === undefined
    ? undefined
    : { key: readFileSync(join(folder, "host.key")), cert: readFileSync(join(folder, "host.crt")) };
const ways: Record<string, ChannelCredentials> = {
  "in clear": credentials.createInsecure(),
  "in TLS": credentials.createSsl(null, null, null, trusting),
  ...(own === undefined
    ? {}
    : { "with another's certificate": credentials.createSsl(null, own.key, own.cert, trusting) }),
};

const answered: string[] = [];

async function tryCalls(way: string, shown: ChannelCredentials): Promise<void> {
  const call = { clock: systemClock, what: "it", afterMs: ANSWER_MS };
  const at = (port: number) => `${address}:${port}`;
  const calls: Record<string, () => Promise<unknown>> = {};
  const clients: { close(): void }[] = [];
  for (const [name, port] of Object.entries(PORTS)) {
    const health = new Health(at(port), shown);
    clients.push(health);
    calls[`health of ${name}`] = () => callUnary(call, (done) => health.check({ service: "" }, done));
  }
  const scheduler = new Scheduler(at(PORTS.scheduler), shown);
  const upload = new DfdaemonUpload(at(PORTS.upload), shown);
  const pieces = new Pieces(at(PORTS.upload), shown);
  const cluster = new Cluster(at(PORTS.entrance), shown);
  clients.push(scheduler, upload, pieces, cluster);
  calls["the scheduler's hosts"] = () => callUnary(call, (done) => scheduler.listHosts({}, done));
  calls["the scheduler's task"] = () => callUnary(call, (done) => scheduler.statTask({ taskId }, done));
  calls["the upload service's task"] = () => callUnary(call, (done) => upload.statTask({ taskId }, done));
  if (keep === undefined)
    calls["its deletion"] = () => callUnary(call, (done) => upload.deleteTask({ taskId }, done));
  calls["p2pfs.v1.Cluster"] = () => callUnary(call, (done) => cluster.sync({}, done));
  calls["what is told of pieces"] = () => heard(upload.syncPieces({ taskId, interestedPieceNumbers: [0] }));
  calls["what p2pfs.v1.Pieces fetches"] = () => heard(pieces.want({ taskId }));
  await Promise.all(
    Object.entries(calls).map(([what, ask]) =>
      ask().then(
        () => answered.push(`${what} ${way}`),
        () => {},
      ),
    ),
  );
  for (const client of clients) client.close();
}

/** Rejects when nothing comes. */
function heard(call: ClientReadableStream<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call.on("data", resolve);
    call.on("end", resolve);
    call.on("error", reject);
    setTimeout(() => reject(new Error("silence")), ANSWER_MS);
  });
}

/** Bytes that come for a request of the task's first piece. */
function tryPieces(way: string): Promise<void> {
  return new Promise((resolve) => {
    const request = encodeRequest({ family: "standard", taskId, piece: 0 }, 1);
    const options = { host: address, port: PORTS.pieces };
    const socket =
      way === "in clear"
        ? connect(options, () => socket.write(request))
        : connectTls(
            { ...options, rejectUnauthorized: false, ...(way === "in TLS" ? {} : own) },
            () => void socket.write(request),
          );
    socket.once("data", () => answered.push(`a piece ${way}`));
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on("error", () => {});
    socket.once("close", () => resolve());
  });
}

for (const [way, shown] of Object.entries(ways)) {
  await tryCalls(way, shown);
  await tryPieces(way);
}
process.stdout.write(`${JSON.stringify(answered)}\n`);
process.exit();
