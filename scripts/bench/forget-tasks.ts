/** Makes a daemon forget everything it holds, over its own socket, so that the next read is cold and disk is free. */

import { setTimeout as delay } from "node:timers/promises";
import { credentials } from "@grpc/grpc-js";
import { DfdaemonDownload } from "../../proto/load.ts";

/** A task just closed may be in use a moment longer. */
const TRIES = 50;
const PAUSE_MS = 100;

function taskIds(client: InstanceType<typeof DfdaemonDownload>): Promise<string[]> {
  return new Promise((resolve, reject) => {
    client.listLocalTasks({}, (error, answer) => {
      if (error !== null) reject(error);
      else resolve((answer?.tasks ?? []).map(({ taskId }) => taskId));
    });
  });
}

function deleteTask(client: InstanceType<typeof DfdaemonDownload>, taskId: string): Promise<boolean> {
  return new Promise((resolve) => {
    client.deleteLocalTask({ taskId }, (error) => resolve(error === null));
  });
}

/** Deletes all tasks that are not in use; those in use are tried again for some seconds. */
export async function forgetTasks(socketPath: string): Promise<void> {
  const client = new DfdaemonDownload(`unix:${socketPath}`, credentials.createInsecure());
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const ids = await taskIds(client);
      const deleted = await Promise.all(ids.map((id) => deleteTask(client, id)));
      if (deleted.every(Boolean)) return;
      await delay(PAUSE_MS);
    }
  } finally {
    client.close();
  }
}
