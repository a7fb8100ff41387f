/** The origin of scripts/cluster: starts an nginx that serves FOLDER/root, and leaves it running. `cluster-origin.js FOLDER ADDRESS PORT` */
import { mkdir } from "node:fs/promises";
import { startNginx } from "../test/origin/nginx.ts";

const [folder = "", address = "", port = ""] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
await startNginx({ prefix: folder, address, port: Number(port) });
process.exit(0);
