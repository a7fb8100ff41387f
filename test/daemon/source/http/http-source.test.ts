/** The HTTP source passes the contract against a real nginx, plain and over TLS, and against nginx's JSON listings. */
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext } from "node:test";
import { nginxMissing, startNginx } from "../../../origin/nginx.ts";
import type { NginxOptions } from "../../../origin/nginx-config.ts";
import { type SourceFixture, sourceSuite } from "../../../suites/source-suite.ts";
import { encodedPath, httpSourceFor } from "./http-fixture.ts";

async function nginxFixture(t: TestContext, options: NginxOptions): Promise<SourceFixture> {
  const origin = await startNginx({ autoindex: true, ...options });
  t.after(() => origin.stop());
  const source = httpSourceFor(t);
  const chain = origin.caFile === undefined ? [] : [readFileSync(origin.caFile, "utf8")];
  const authorization = `Basic ${Buffer.from("me:secret").toString("base64")}`;
  return {
    source,
    url: (path) => origin.url(encodedPath(path)),
    put: async (path, bytes) => void (await origin.write(path, bytes)),
    remove: (path) => rm(join(origin.root, path)),
    request: {
      certificateChain: chain,
      headers: options.basicAuth === undefined ? {} : { authorization },
    },
  };
}

describe("an HTTP source", { skip: nginxMissing() }, () => {
  sourceSuite("of nginx", (t) => nginxFixture(t, {}));
  sourceSuite("of nginx over TLS with a password", (t) =>
    nginxFixture(t, { tls: true, basicAuth: { user: "me", password: "secret" } }),
  );
  sourceSuite("of nginx that lists as JSON, without ETags", (t) =>
    nginxFixture(t, { etag: false, locations: ["autoindex_format json;"] }),
  );
});
