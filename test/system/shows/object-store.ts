/** Object stores for system tests: a server of ours with OSS's or S3's signature check, and the root that reaches it. */
import type { ObjectServer } from "../../origin/object-server.ts";
import { startOssServer } from "../../origin/oss-server.ts";
import { startS3Server } from "../../origin/s3-server.ts";
import type { ConfigSections } from "../daemon.ts";
import type { Scope } from "../scope.ts";

const KEY_ID = "test-access-key";
const SECRET = "test-access-secret";

export interface ObjectStore {
  readonly server: ObjectServer;
  readonly config: ConfigSections;
}

/** Starts a store; it ends with the scope. */
export async function startStore(scope: Scope, scheme: "oss" | "s3"): Promise<ObjectStore> {
  const secrets = { [KEY_ID]: { accessKeySecret: SECRET } };
  const server = scheme === "oss" ? await startOssServer({ secrets }) : await startS3Server({ secrets });
  scope.after(() => server.close());
  const region = scheme === "oss" ? "cn-hangzhou" : "us-east-1";
  const root = {
    path: scheme,
    endpoint: server.endpoint,
    region,
    accessKeyID: KEY_ID,
    accessKeySecret: SECRET,
  };
  return { server, config: { mount: { roots: [root] } } };
}
