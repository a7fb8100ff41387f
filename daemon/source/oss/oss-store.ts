/**
 * Alibaba Cloud OSS's REST API as far as reading goes. The ali-oss SDK makes the questions, reads the answers and signs;
 * the bytes of objects go straight from the connection into the file.
 */
import type { Clock } from "../../../base/clock.ts";
import type { FetchResult } from "../../../base/destination.ts";
import { InvalidInputError, NotFoundError } from "../../../base/errors.ts";
import type { KeyPage } from "../object-store/key-pages.ts";
import { checkDocument, decodeUrlText, unreadableList } from "../object-store/list-document.ts";
import type { BucketPage, ObjectStore, PageQuery } from "../object-store/object-source.ts";
import { fileStat } from "../object-store/object-stat.ts";
import { type ObjectLocation, objectUrl } from "../object-store/object-url.ts";
import { readHeaders, vendorHeaders } from "../object-store/read-headers.ts";
import { pathAt, urlAt } from "../object-store/store-address.ts";
import { StoreClock } from "../object-store/store-clock.ts";
import { ossDigests } from "../object-store/store-digests.ts";
import { converse, type Outcome, type StoreHttp } from "../object-store/store-http.ts";
import type { SourceReadRequest, SourceRequest, SourceStat } from "../source.ts";
import { type AliOssPage, type SdkCall, type SdkTransport, signingClient, withSdk } from "./ali-oss.ts";
import { type OssPlace, ossPlace } from "./oss-place.ts";

/** What the SDK takes for the name of a bucket: the vendor's rule, and underscores of old ones. */
const BUCKET = /^[a-z0-9_][a-z0-9_-]{1,61}[a-z0-9_]$/;

/** How a list says that its names are percent-encoded, as was asked. */
const URL_ENCODED = "<EncodingType>url</EncodingType>";

export class OssStore implements ObjectStore {
  readonly scheme = "oss";
  readonly #http: StoreHttp;
  readonly #clock: StoreClock;

  constructor(http: StoreHttp, clock: Clock) {
    this.#http = http;
    this.#clock = new StoreClock(clock);
  }

  async head(location: ObjectLocation, request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
    checkKey(location);
    const { headers } = await this.#converse(location, request, signal, (call) =>
      withSdk(call, async (client) => {
        const { res } = await client.head(location.key, { headers: extraHeaders(request) });
        return res;
      }),
    );
    return fileStat({ statusCode: 200, headers }, this.placeOf(location, request), ossDigests(headers));
  }

  page(bucket: string, query: PageQuery, request: SourceRequest, signal: AbortSignal): Promise<KeyPage> {
    const asked: Record<string, string> = {
      "encoding-type": "url",
      "max-keys": String(query.keysMax),
      ...(query.prefix === "" ? {} : { prefix: query.prefix }),
      ...(query.delimiter === "" ? {} : { delimiter: query.delimiter }),
      ...(query.token === undefined ? {} : { "continuation-token": query.token }),
    };
    return this.#converse({ bucket, key: query.prefix }, request, signal, (call) =>
      withSdk(call, async (client, transport) => {
        const page = await client.listV2({ ...asked }, { headers: extraHeaders(request) });
        return keyPageOf(page, documentOf(transport, "ListBucketResult").includes(URL_ENCODED));
      }),
    );
  }

  buckets(token: string | undefined, request: SourceRequest, signal: AbortSignal): Promise<BucketPage> {
    const query = { "max-keys": "1000", ...(token === undefined ? {} : { marker: token }) };
    return this.#converse({ bucket: "", key: "" }, request, signal, (call) =>
      withSdk(call, async (client, transport) => {
        const page = await client.listBuckets({ ...query }, { headers: extraHeaders(request) });
        documentOf(transport, "ListAllMyBucketsResult");
        return {
          buckets: (page.buckets ?? []).flatMap(({ name, creationDate }) =>
            name === undefined ? [] : [{ name, createdAtMs: timeOf(creationDate) }],
          ),
          next: page.isTruncated ? (page.nextMarker ?? undefined) : undefined,
        };
      }),
    );
  }

  async get(location: ObjectLocation, read: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    checkKey(location);
    return this.#converse(location, read, signal, async (call) => {
      const { place } = call;
      const headers = { ...extraHeaders(read), ...(await signatureOf(call, location, extraHeaders(read))) };
      const url = urlAt(place, pathAt(place, location.key));
      // Range and condition are no part of what OSS signs.
      const sent = { ...headers, ...readHeaders(read) };
      return this.#http.fetchInto({ method: "GET", url, headers: sent, for: read }, read, signal);
    });
  }

  placeOf(location: ObjectLocation, request: SourceRequest): string {
    const place = this.#place(location.bucket, request);
    return urlAt(place, pathAt(place, location.key));
  }

  #converse<T>(
    location: ObjectLocation,
    request: SourceRequest,
    signal: AbortSignal,
    attempt: (call: SdkCall) => Promise<Outcome<T>>,
  ): Promise<T> {
    const { bucket } = location;
    const place = this.#place(bucket, request);
    return converse(
      () =>
        attempt({ http: this.#http, place, bucket, request, nowMs: this.#clock.nowMs(place.host), signal }),
      (fault) => this.#clock.learn(place.host, fault),
      `cannot read ${objectUrl(this.scheme, location)}`,
    );
  }

  #place(bucket: string, request: SourceRequest): OssPlace {
    if (bucket !== "" && !BUCKET.test(bucket))
      throw new InvalidInputError(`OSS has no bucket with the name ${JSON.stringify(bucket)}`);
    return ossPlace(bucket, request.objectStorage ?? {});
  }
}

/** Headers that sign a GET of the object. None for an anonymous request. */
async function signatureOf(
  call: SdkCall,
  { bucket, key }: ObjectLocation,
  extra: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const { objectStorage: options = {} } = call.request;
  if (options.anonymous === true) return {};
  const client = await signingClient(call);
  const time = new Date(call.nowMs);
  const token = options.securityToken === undefined ? {} : { "x-oss-security-token": options.securityToken };
  if (call.place.signature === "v1") {
    const headers = { ...token, "x-oss-date": time.toUTCString() };
    const signed = { ...extra, ...headers };
    return { ...headers, authorization: client.authorization("GET", `/${bucket}/${key}`, undefined, signed) };
  }
  const headers = {
    ...token,
    "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    "x-oss-date": time.toISOString().replace(/[-:]|\.\d+/g, ""),
  };
  const signed = { ...extra, ...headers };
  return { ...headers, authorization: client.authorizationV4("GET", { headers: signed }, bucket, key) };
}

function extraHeaders(request: SourceRequest): Record<string, string> {
  return vendorHeaders(request.headers, "x-oss-");
}

/** The SDK takes slashes off a key's beginning and would ask for another object. */
function checkKey({ key }: ObjectLocation): void {
  if (/^[/\\]/.test(key)) throw new NotFoundError("OSS has no key that begins with a slash or backslash");
}

/** The SDK takes any XML for a list; the document it read is looked at again. */
function documentOf({ answer }: SdkTransport, root: string): Buffer {
  const body = answer?.body ?? Buffer.alloc(0);
  checkDocument(body, root);
  return body;
}

function keyPageOf(page: AliOssPage, encoded: boolean): KeyPage {
  const decode = encoded ? decodeUrlText : (text: string) => text;
  if (page.isTruncated && page.nextContinuationToken === null)
    throw unreadableList("it has no token for the next page");
  return {
    keys: page.objects.map(({ name, size, lastModified, etag, type }) => {
      if (typeof name !== "string" || !Number.isSafeInteger(size) || size < 0)
        throw unreadableList("an entry has no key or no size");
      return {
        key: decode(name),
        // A symbolic link's own size and tag; those of what it points to come with a HEAD.
        length: type === "Symlink" ? undefined : size,
        modifiedAtMs: timeOf(lastModified),
        etag: type === "Symlink" ? undefined : etag,
      };
    }),
    prefixes: (page.prefixes ?? []).map(decode),
    next: page.isTruncated ? (page.nextContinuationToken ?? undefined) : undefined,
  };
}

function timeOf(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}
