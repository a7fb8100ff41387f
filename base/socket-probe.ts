/** Whether somebody serves a Unix socket: asked of the socket itself, because a file or a pid proves nothing. */
import { connect } from "node:net";
import { SOCKET_PROBE_MS } from "./limits.ts";

/** Whether a process listens: a connection that is taken, or a queue of them that is full. */
export function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(SOCKET_PROBE_MS);
    const settle = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(true));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      settle(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
}
