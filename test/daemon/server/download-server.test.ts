/** The other services of the daemon's Unix socket, and the socket itself. */
import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type ServiceError, status } from "@grpc/grpc-js";
import { LIST_ENTRIES_MAX, SOCKET_PATH_BYTES_MAX } from "../../../base/limits.ts";
import { holdContent } from "../../../cli/held-content.ts";
import { DownloadServer } from "../../../daemon/server/download-server.ts";
import type { SourceEntry, SourceRequest, SourceStat } from "../../../daemon/source/source.ts";
import { DfdaemonDownload } from "../../../proto/load.ts";
import { failureOf } from "../../base/promises.ts";
import { ScriptedSource } from "../engine/scripted-source.ts";
import { ask, downloadAll, FILE_URL, MIB, serve } from "./served.ts";

const UNKNOWN_ID = "0".repeat(64);

describe("tasks", () => {
  test("are told as this host knows them, and forgotten when deleted", async (t) => {
    const served = await serve(t);
    const { download } = served;
    const told = await downloadAll(served, { url: `${FILE_URL}?secret=1`, tag: "t", application: "a" });
    const taskId = told.messages[0]?.taskId ?? "";
    const local = await ask(download, "statLocalTask", { taskId });
    assert.equal(local.contentLength, 9 * MIB + 100);
    assert.equal(local.pieceLength, 4 * MIB);
    assert.ok(local.finishedAt);
    assert.equal(local.failedAt ?? null, null);
    const { tasks } = await ask(download, "listLocalTasks", {});
    assert.deepEqual(
      tasks.map((task) => task.taskId),
      [taskId],
    );
    const task = await ask(download, "statTask", { taskId });
    assert.equal(task.state, "Succeeded");
    assert.equal(task.pieceCount, 3);
    assert.equal(task.sizeScope, "NORMAL");
    assert.equal(task.url, FILE_URL);
    assert.equal(task.hasAvailablePeer, true);
    await ask(download, "deleteLocalTask", { taskId });
    assert.equal(
      (await failureOf<ServiceError>(ask(download, "statLocalTask", { taskId }))).code,
      status.NOT_FOUND,
    );
    await downloadAll(served, {});
    const [second] = (await ask(download, "listLocalTasks", {})).tasks;
    await ask(download, "deleteTask", { taskId: second?.taskId ?? "" });
    assert.deepEqual((await ask(download, "listLocalTasks", {})).tasks, []);
  });

  test("that are not known are NOT_FOUND, and ids that are none INVALID_ARGUMENT", async (t) => {
    const { download } = await serve(t);
    for (const name of ["statTask", "statLocalTask", "deleteTask", "deleteLocalTask"] as const) {
      const code = async (taskId: string) =>
        (await failureOf<ServiceError>(ask(download, name, { taskId }))).code;
      assert.equal(await code(UNKNOWN_ID), status.NOT_FOUND);
      assert.equal(await code("../../etc"), status.INVALID_ARGUMENT);
    }
  });

  test("of a source are listed with what it answered", async (t) => {
    const { download, source } = await serve(t);
    const listed = await ask(download, "listTaskEntries", { url: FILE_URL });
    assert.equal(listed.contentLength, 9 * MIB + 100);
    assert.equal(listed.statusCode, 206);
    assert.deepEqual(listed.entries, []);
    source.missing = true;
    const failure = await failureOf<ServiceError>(ask(download, "listTaskEntries", { url: FILE_URL }));
    assert.equal(failure.code, status.INTERNAL);
    const bad = await failureOf<ServiceError>(ask(download, "listTaskEntries", { url: "nowhere" }));
    assert.equal(bad.code, status.INVALID_ARGUMENT);
  });

  test("of a folder with more entries than an answer may hold are refused, with the bound in the sentence", async (t) => {
    class Folder extends ScriptedSource {
      override async stat(request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
        return { ...(await super.stat(request, signal)), kind: "directory" };
      }
      override async *list(): AsyncGenerator<readonly SourceEntry[]> {
        const none = { length: undefined, modifiedAtMs: undefined, etag: undefined };
        const page = Array.from({ length: 1_000 }, (_, index) => `f${index}`).map((name) => ({
          ...none,
          name,
          kind: "file" as const,
          url: `${FILE_URL}/${name}`,
        }));
        for (let told = 0; told <= LIST_ENTRIES_MAX; told += page.length) yield page;
      }
    }
    const { download } = await serve(t, { sourceOf: () => new Folder(0) });
    const failure = await failureOf<ServiceError>(ask(download, "listTaskEntries", { url: FILE_URL }));
    assert.equal(failure.code, status.RESOURCE_EXHAUSTED);
    assert.ok(failure.details.includes(`more than ${LIST_ENTRIES_MAX} entries`), failure.details);
  });

  test("of kinds this version does not serve are refused by name", async (t) => {
    const { download } = await serve(t);
    const served = [
      "DownloadTask",
      "StatTask",
      "StatLocalTask",
      "ListLocalTasks",
      "ListTaskEntries",
      "DeleteTask",
      "DeleteLocalTask",
      "DeleteHost",
    ];
    const rest = Object.entries(DfdaemonDownload.service).filter(([name]) => !served.includes(name));
    assert.ok(rest.length >= 10);
    for (const [name, { path, requestSerialize, responseDeserialize, responseStream }] of rest) {
      const failure = await new Promise<{ code: number; details: string }>((resolve) => {
        if (responseStream)
          download
            .makeServerStreamRequest(path, requestSerialize as never, responseDeserialize as never, {})
            .on("data", () => {})
            .on("error", (error) => resolve(error as never));
        else
          download.makeUnaryRequest(
            path,
            requestSerialize as never,
            responseDeserialize as never,
            {},
            (error) => resolve(error as never),
          );
      });
      assert.equal(failure.code, status.UNIMPLEMENTED, name);
      assert.match(failure.details, new RegExp(`does not serve ${name}`));
    }
    await ask(download, "deleteHost", {});
  });
});

describe("control", () => {
  test("shows the daemon's state, newest tasks first", async (t) => {
    const served = await serve(t);
    const { control, folder } = served;
    await downloadAll(served, { url: `${FILE_URL}?token=hidden` });
    await ask(control, "mount", { directory: "/p2p", binding: "auto" });
    const shown = await ask(control, "status", {});
    assert.match(shown.version, /^\d+\.\d+\.\d+/);
    assert.equal(shown.pid, process.pid);
    assert.equal(shown.workhome, folder);
    assert.equal(shown.configDigest, "d".repeat(64));
    assert.deepEqual(shown.mounts, [{ directory: "/p2p", binding: "memory", readOnly: true }]);
    assert.equal(shown.taskCount, 1);
    const [task] = shown.tasks;
    assert.equal(task?.url, FILE_URL);
    assert.equal(task?.finishedPieceCount, 3);
    assert.equal(task?.state, "Succeeded");
    assert.equal(task?.bytesFromSource, 9 * MIB + 100);
    assert.ok((shown.storage?.usedBytes ?? 0) >= 9 * MIB);
    assert.equal(JSON.stringify(shown).includes("hidden"), false);
  });

  test("mounts and unmounts as asked, and hands over what was asked for", async (t) => {
    const { control, mounts } = await serve(t);
    const directory = "/p2p";
    await ask(control, "mount", { directory, allowOther: true, uid: 0, gid: 5, umask: 0o22 });
    assert.deepEqual(mounts.options, [
      { directory, allowOther: true, readOnly: false, binding: "auto", uid: 0, gid: 5, umask: 0o22 },
    ]);
    const code = async (call: Promise<unknown>) => (await failureOf<ServiceError>(call)).code;
    assert.equal(await code(ask(control, "mount", { directory })), status.FAILED_PRECONDITION);
    assert.equal(await code(ask(control, "mount", { directory: "p2p" })), status.INVALID_ARGUMENT);
    assert.equal(
      await code(ask(control, "mount", { directory: "/q", binding: "x" })),
      status.INVALID_ARGUMENT,
    );
    assert.equal(
      await code(ask(control, "mount", { directory: "/q", umask: 0o1777 })),
      status.INVALID_ARGUMENT,
    );
    mounts.busy.add(directory);
    assert.equal(await code(ask(control, "unmount", { directory })), status.FAILED_PRECONDITION);
    await ask(control, "unmount", { directory, lazy: true });
    assert.equal(await code(ask(control, "unmount", { directory })), status.NOT_FOUND);
  });

  test("makes and removes links, their digests checked first", async (t) => {
    const { control, links } = await serve(t);
    const sha256 = "AB".repeat(32);
    const made = await ask(control, "link", {
      url: FILE_URL,
      name: "model.bin",
      header: { Authorization: "secret" },
      digest: `sha256:${sha256}`,
    });
    assert.equal(made.name, "model.bin");
    assert.deepEqual(links.get("model.bin"), {
      url: FILE_URL,
      headers: { Authorization: "secret" },
      digest: `sha256:${sha256.toLowerCase()}`,
    });
    assert.equal((await ask(control, "link", { url: FILE_URL })).name, "derived");
    const code = async (call: Promise<unknown>) => (await failureOf<ServiceError>(call)).code;
    assert.equal(await code(ask(control, "link", { url: FILE_URL })), status.ALREADY_EXISTS);
    assert.equal(await code(ask(control, "link", { url: "x" })), status.INVALID_ARGUMENT);
    assert.equal(await code(ask(control, "link", { url: FILE_URL, digest: "x" })), status.INVALID_ARGUMENT);
    await ask(control, "unlink", { name: "model.bin" });
    assert.equal(links.has("model.bin"), false);
  });

  test("tells where content lies and keeps it there, and stops the daemon when asked", async (t) => {
    const served = await serve(t);
    const { control, stops } = served;
    const { messages } = await downloadAll(served, {});
    const content = await holdContent(served, messages[0]?.taskId ?? "");
    assert.equal(content.contentLength, 9 * MIB + 100);
    assert.equal(statSync(content.path).size, 9 * MIB + 100);
    assert.equal(served.uses.now, 1, "it is in use as long as the call lasts");
    content.assertHeld();
    content.close();
    while (served.uses.now > 0) await new Promise(setImmediate);
    await assert.rejects(holdContent(served, UNKNOWN_ID), { code: "NOT_FOUND" });
    await ask(control, "stop", {});
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(stops.count, 1);
  });
});

test("health says what is served and ready, and tells watchers when that changes", async (t) => {
  const { health, server } = await serve(t);
  const check = async (service: string) => (await ask(health, "check", { service })).status;
  for (const service of ["", "dfdaemon.v2.DfdaemonDownload", "p2pfs.v1.Control"])
    assert.equal(await check(service), "SERVING");
  assert.equal((await failureOf<ServiceError>(check("other"))).code, status.NOT_FOUND);
  const seen: string[] = [];
  const watch = health.watch({ service: "p2pfs.v1.Control" });
  const ended = new Promise((resolve) => watch.on("error", resolve));
  const first = new Promise<void>((resolve) => {
    watch.on("data", (message) => {
      seen.push(message.status);
      if (seen.length === 1) server.setServing(false);
      if (seen.length === 2) resolve();
    });
  });
  await first;
  assert.deepEqual(seen, ["SERVING", "NOT_SERVING"]);
  assert.equal(await check("p2pfs.v1.Control"), "NOT_SERVING");
  watch.cancel();
  await ended;
});

describe("the socket", () => {
  test("has the mode it is given and is gone when the server is closed", async (t) => {
    const { socketPath, server } = await serve(t, { access: { mode: 0o660, gid: process.getgid?.() ?? 0 } });
    assert.equal(statSync(socketPath).mode & 0o777, 0o660);
    await server.close();
    assert.equal(existsSync(socketPath), false);
  });

  test("whose path is longer than the system takes is refused, and a shorter workhome advised", async (t) => {
    const socketPath = `/tmp/${"x".repeat(SOCKET_PATH_BYTES_MAX)}`;
    await assert.rejects(serve(t, { socketPath }), /takes 107; choose a shorter workhome/);
  });

  test("of a daemon that died is taken over", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "p2pfs-stale-"));
    t.after(() => rm(folder, { recursive: true }));
    const socketPath = join(folder, "s");
    // A server that never unlinks: what kill -9 leaves.
    const dead = createServer().listen({ path: socketPath });
    await new Promise((resolve) => dead.once("listening", resolve));
    const kept = `${socketPath}.kept`;
    const { link, rename } = await import("node:fs/promises");
    await link(socketPath, kept);
    await new Promise((resolve) => dead.close(resolve));
    await rename(kept, socketPath);
    const { health } = await serve(t, { socketPath });
    assert.equal((await ask(health, "check", { service: "" })).status, "SERVING");
  });

  test("on which a daemon answers stays that daemon's", async (t) => {
    const { socketPath, health } = await serve(t);
    await assert.rejects(serve(t, { socketPath }), { code: "BUSY", message: /already answers/ });
    assert.equal((await ask(health, "check", { service: "" })).status, "SERVING");
  });

  test("never replaces a file that is no socket, and never has a name too long for the system", async (t) => {
    const served = await serve(t);
    const file = join(served.folder, "file");
    writeFileSync(file, "mine");
    const server = (socketPath: string) =>
      new DownloadServer({ socketPath, access: { mode: 0o600 }, context: {} as never });
    await assert.rejects(server(file).listen(), { code: "ALREADY_EXISTS" });
    await assert.rejects(server(join(served.folder, "x".repeat(108))).listen(), /choose a shorter workhome/);
  });
});
