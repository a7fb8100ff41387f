/** What the configuration adds to a request that names only a URL: the credentials and the endpoint of its root. */
import type { Config } from "./config/config.ts";
import type { SourceRequest } from "./source/source.ts";
import { MountRoots } from "./tree/mount-roots.ts";

/** The same roots decide for dfget and for the mount. */
export function requestsFrom(roots: Config["mount"]["roots"]): (url: string) => SourceRequest {
  const mountRoots = new MountRoots({ roots, consistency: "strict", attributeTimeoutMs: 0 });
  return (url) => {
    const { headers, objectStorage } = mountRoots.request(pathOf(url), url);
    return { url, headers, ...(objectStorage === undefined ? {} : { objectStorage }) };
  };
}

/** "oss://BUCKET/a/b" is the mount's oss/BUCKET/a/b. */
function pathOf(url: string): string[] {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/([^?#]*)/i.exec(url) ?? [];
  const [host = "", ...components] = rest.split("/");
  return [scheme.toLowerCase(), host.replace(/^.*@/, ""), ...components];
}
