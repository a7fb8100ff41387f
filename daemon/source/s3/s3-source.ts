/** The source of s3:// URLs. */
import type { HttpSourceOptions } from "../http/http-source.ts";
import { ObjectSource } from "../object-store/object-source.ts";
import type { Source } from "../source.ts";
import { S3Store } from "./s3-store.ts";

/**
 * Credentials, region and endpoint come with each request; the options' own headers (requestHeader) are for HTTP origins
 * and are not sent. The clock is also that of the signatures.
 * @throws InvalidInputError INVALID_CONFIG for proxies that are no URLs
 */
export function s3Source(options: HttpSourceOptions): Source {
  return new ObjectSource(options, (http) => new S3Store(http, options.clock));
}
