/** Python's http.server as a test's origin: its index pages, and a server that knows no ranges. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { UnavailableError } from "../../base/errors.ts";

export interface PythonOrigin {
  readonly port: number;
  url(path: string): string;
  /** Ends the server; the folder stays. Idempotent. */
  stop(): Promise<void>;
}

/** Reason to skip a test that needs Python, or false. */
export function pythonMissing(): string | false {
  const found = spawnSync("python3", ["-c", "import http.server"]).status === 0;
  return found ? false : "python3 is not installed (scripts/setup.sh installs it)";
}

/** Serves `root` on a free port of 127.0.0.1. The caller stops it. */
export async function startPythonOrigin(root: string): Promise<PythonOrigin> {
  const args = ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", root];
  const child = spawn("python3", args, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "exit");
  let said = "";
  // Its output is read to the end: a closed pipe ends the server, which writes its line break by itself.
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    said += chunk;
  });
  const portSaid = () => Number(/ port (\d+) /.exec(said)?.[1]) || undefined;
  while (portSaid() === undefined && !child.stdout.readableEnded)
    await Promise.race([once(child.stdout, "data"), once(child.stdout, "end")]);
  const port = portSaid();
  if (port === undefined) throw new UnavailableError(`http.server did not start: ${said}`);
  return {
    port,
    url: (path) => `http://127.0.0.1:${port}/${path.replace(/^\//, "")}`,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
