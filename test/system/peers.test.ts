/** Hosts of one cluster, each a real daemon with its own mount: what one has read the others read from it. */
import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import { describe, test } from "node:test";
import { BLOCK_BYTES, PIECE_BYTES_MIN, SAMPLED_PIECES_MAX } from "../../base/limits.ts";
import { SchedulerServed } from "../daemon/scheduler/scheduler-served.ts";
import { randomContent } from "../origin/content.ts";
import { nginxMissing, startNginx } from "../origin/nginx.ts";
import { alterContent } from "./altered-store.ts";
import { type DaemonProcess, mountedDaemon, mountMissing, until } from "./daemon.ts";
import { catSha256, sha256 } from "./processes.ts";
import { type Scope, scopeOf } from "./scope.ts";
import { MIB } from "./shows/figures.ts";

const FILE_BYTES = 96 * MIB + 5;
/** What a reader may take of the source before the scheduler has said who else has the file. */
const SAMPLED_BYTES = (SAMPLED_PIECES_MAX + 4) * PIECE_BYTES_MIN;

/** Hosts with addresses of their own, and a scheduler that knows them. @param seeds so many of them, the first, are seed peers */
async function cluster(scope: Scope, count: number, seeds = 0): Promise<DaemonProcess[]> {
  const scheduler = await SchedulerServed.start({ ip: "127.0.0.1", port: 0 });
  scope.after(() => scheduler.close());
  const daemons: DaemonProcess[] = [];
  for (let host = 0; host < count; host++) {
    const ip = `127.0.0.${host + 2}`;
    daemons.push(
      await mountedDaemon(scope, {
        config: {
          host: { hostname: `host-${process.pid}-${host}`, ip },
          seedPeer: { enable: host < seeds },
          scheduler: { addrs: [`127.0.0.1:${scheduler.port}`] },
          upload: { server: { ip } },
          storage: { server: { ip } },
          guard: { allow: ["127.0.0.0/8"] },
        },
      }),
    );
    await until("the host's announcement", () => scheduler.hostIds.length > host);
  }
  // Announced to the scheduler: before that nobody is told of them.
  await until("all hosts' announcement", async () => {
    const known = await Promise.all(daemons.map((daemon) => daemon.ask("p2pfs", ["status"])));
    return known.every((status) => /1 of 1 schedulers serving/.test(status));
  });
  return daemons;
}

/** What a daemon's log says of seeds. */
function seedLines(log: string): string {
  return log
    .split("\n")
    .filter((line) => line.includes("seed"))
    .join("\n");
}

/** As one who looks at a file's header. */
async function firstBytes(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
  assert.equal(bytesRead, 8);
  return buffer;
}

async function originOf(scope: Scope) {
  const origin = await startNginx();
  scope.after(() => origin.stop());
  const file = await origin.write("model.bin", randomContent(FILE_BYTES));
  return { origin, url: origin.url("model.bin"), digest: await sha256(file) };
}

describe("hosts of one cluster", { skip: mountMissing() || nginxMissing() }, () => {
  test("read from each other what one of them has read, and say so in the file's attributes", async (t) => {
    const scope = scopeOf(t);
    const { origin, url, digest } = await originOf(scope);
    const daemons = await cluster(scope, 3);
    for (const daemon of daemons) {
      await origin.clearLog();
      assert.equal(await catSha256(daemon.path(url)), digest);
      const sent = await origin.bytesSent("/model.bin");
      const { bytes_from_peers: fromPeers, bytes_from_source: fromSource } = await daemon.attributes(
        daemon.path(url),
      );
      assert.equal(Number(fromPeers) + Number(fromSource), FILE_BYTES);
      if (daemon === daemons[0]) continue;
      assert.ok(
        sent <= SAMPLED_BYTES,
        `the origin sent ${sent} bytes to a host whose neighbour has the file`,
      );
      assert.ok(Number(fromPeers) >= FILE_BYTES - SAMPLED_BYTES, `${fromPeers} bytes came from peers`);
    }
  });

  test("look into many files, and the source sends each block once for all of them", async (t) => {
    const scope = scopeOf(t);
    const origin = await startNginx();
    scope.after(() => origin.stop());
    const shards = Array.from({ length: 8 }, (_, shard) => `shard-${shard}.bin`);
    for (const shard of shards) await origin.write(shard, randomContent(12 * MIB));
    const [, ...hosts] = await cluster(scope, 4, 1);
    const headers = await Promise.all(
      hosts.map(async (host) => {
        await until("the host's word of the seed", () => host.log.includes("seeds-known"));
        return Promise.all(shards.map((shard) => firstBytes(host.path(origin.url(shard)))));
      }),
    );
    for (const each of headers) assert.deepEqual(each, headers[0]);
    let sent = 0;
    for (const shard of shards) sent += await origin.bytesSent(`/${shard}`);
    // Each host asks for a byte to learn of what is there.
    assert.ok(
      sent <= shards.length * (BLOCK_BYTES + 100),
      `the origin sent ${sent} bytes; ${hosts.map(({ log }) => seedLines(log))}`,
    );
    for (const host of hosts) {
      const of = await Promise.all(shards.map((shard) => host.attributes(host.path(origin.url(shard)))));
      const fromPeers = of.reduce((sum, { bytes_from_peers: bytes }) => sum + Number(bytes), 0);
      assert.equal(fromPeers, shards.length * BLOCK_BYTES);
    }
  });

  test("a parent that is killed while it gives costs its child nothing but time", async (t) => {
    const scope = scopeOf(t);
    const { url, digest } = await originOf(scope);
    const [parent, child] = await cluster(scope, 2);
    assert.ok(parent !== undefined && child !== undefined);
    assert.equal(await catSha256(parent.path(url)), digest);
    const reading = catSha256(child.path(url));
    await until("the first pieces from the parent", async () => {
      const { bytes_from_peers: bytes } = await child.attributes(child.path(url));
      return Number(bytes) > 0;
    });
    await parent.kill();
    assert.equal(await reading, digest);
  });

  test("bytes that were altered in a parent's store reach no reader of a child", async (t) => {
    const scope = scopeOf(t);
    const { url, digest } = await originOf(scope);
    const [parent, child] = await cluster(scope, 2);
    assert.ok(parent !== undefined && child !== undefined);
    assert.equal(await catSha256(parent.path(url)), digest);
    await alterContent(parent.storage, { pieceBytes: PIECE_BYTES_MIN, firstPiece: SAMPLED_PIECES_MAX + 4 });
    assert.equal(await catSha256(child.path(url)), digest);
    assert.match(child.log, /"event":"parent-dropped"/);
  });
});
