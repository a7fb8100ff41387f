/**
 * The ali-oss SDK as we use it: it makes and signs requests and reads answers; StoreHttp sends them, with our deadlines,
 * address guard and trust, and without retries. The SDK is loaded when first needed: it takes a fifth of a second.
 */
import { systemClock } from "../../../base/clock.ts";
import { IntegrityError, InvalidInputError, P2pfsError } from "../../../base/errors.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import { urlAt } from "../object-store/store-address.ts";
import type { StoreAnswer } from "../object-store/store-error.ts";
import type { Outcome, StoreCall, StoreHttp } from "../object-store/store-http.ts";
import type { ObjectStorageOptions, SourceRequest } from "../source.ts";
import type { OssPlace } from "./oss-place.ts";

type Headers = Readonly<Record<string, string>>;

/** What of the SDK's client is used. Its own types leave the signing functions out. */
export interface AliOssClient {
  head(key: string, options: { headers: Headers }): Promise<{ res: { headers: Headers } }>;
  listV2(query: Record<string, string>, options: { headers: Headers }): Promise<AliOssPage>;
  listBuckets(query: Record<string, string>, options: { headers: Headers }): Promise<AliOssBuckets>;
  /** Version 1; `resource` is /BUCKET/KEY, undecorated. */
  authorization(method: string, resource: string, subresources: undefined, headers: Headers): string;
  authorizationV4(method: string, request: { headers: Headers }, bucket: string, key: string): string;
}

export interface AliOssPage {
  readonly objects: readonly {
    readonly name: string;
    readonly lastModified?: string;
    readonly etag?: string;
    readonly type?: string;
    readonly size: number;
  }[];
  readonly prefixes: readonly string[] | null;
  readonly isTruncated: boolean;
  readonly nextContinuationToken: string | null;
}

export interface AliOssBuckets {
  readonly buckets: readonly { readonly name?: string; readonly creationDate?: string }[] | null;
  readonly isTruncated: boolean;
  readonly nextMarker: string | null;
}

/** What the SDK expects of the HTTP client it is given (urllib's shape). */
interface SdkRequest {
  readonly method: "GET" | "HEAD";
  readonly headers: Record<string, string>;
}

/** One call by way of the SDK. */
export interface SdkCall {
  readonly http: StoreHttp;
  readonly place: OssPlace;
  /** Empty for the list of buckets. */
  readonly bucket: string;
  readonly request: SourceRequest;
  /** Time to sign with, ms since the epoch. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Where the SDK believes to send: by path, to a host that does not exist; `SdkTransport` knows better. */
const SDK_ORIGIN = "http://oss.invalid";

/**
 * Lets the SDK do one thing. Its own errors never come out: what the store refused is the outcome, what failed on the
 * way is thrown as it was, and anything else is an answer that cannot be understood.
 */
export async function withSdk<T>(
  call: SdkCall,
  use: (client: AliOssClient, transport: SdkTransport) => Promise<T>,
): Promise<Outcome<T>> {
  const transport = new SdkTransport(call);
  const client = await makeClient(call, transport);
  try {
    return { kind: "done", value: await use(client, transport) };
  } catch (error) {
    if (transport.failure !== undefined) throw transport.failure;
    const { answer } = transport;
    if (answer !== undefined && answer.statusCode !== 200) return { kind: "refused", answer };
    if (error instanceof P2pfsError) throw error;
    throw new IntegrityError("the store's answer cannot be read", { cause: fromUnknown(error) });
  }
}

/** A client to sign with; it sends nothing. */
export function signingClient(call: SdkCall): Promise<AliOssClient> {
  return makeClient(call, new SdkTransport(call));
}

/** Sends what the SDK made, once, and remembers what came back. */
export class SdkTransport {
  readonly #call: SdkCall;
  answer: StoreAnswer | undefined;
  failure: unknown;

  constructor(call: SdkCall) {
    this.#call = call;
  }

  /** urllib's request(): resolves with any status. */
  async request(url: string, { method, headers }: SdkRequest) {
    const { http, signal } = this.#call;
    try {
      const outcome = await http.ask(this.#storeCall(url, method, headers), signal);
      this.answer = outcome.kind === "done" ? outcome.value : outcome.answer;
    } catch (error) {
      this.failure = error;
      throw error;
    }
    const { statusCode, headers: answered, body } = this.answer;
    return {
      status: statusCode,
      headers: answered,
      data: body,
      res: { status: statusCode, headers: answered },
    };
  }

  #storeCall(url: string, method: "GET" | "HEAD", made: Record<string, string>): StoreCall {
    const { bucket, place, request } = this.#call;
    const target = url.slice(SDK_ORIGIN.length + (bucket === "" ? 0 : `/${bucket}`.length));
    const names = Object.keys(made);
    const kept = names.filter((name) => !isOwnHeader(name.toLowerCase(), request.objectStorage));
    const headers = Object.fromEntries(kept.map((name) => [name.toLowerCase(), made[name] ?? ""]));
    return { method, url: urlAt(place, `${place.pathPrefix}${target}`), headers, for: request };
  }
}

/** Headers of the SDK that are not sent: its name, and for an anonymous request all that signs. */
function isOwnHeader(name: string, options: ObjectStorageOptions = {}): boolean {
  if (name === "user-agent" || name === "host") return true;
  const signs = ["authorization", "x-oss-date", "x-oss-content-sha256", "x-oss-security-token"];
  return options.anonymous === true && signs.includes(name);
}

async function makeClient(call: SdkCall, transport: SdkTransport): Promise<AliOssClient> {
  const options = call.request.objectStorage ?? {};
  const { accessKeyID, accessKeySecret } = keysOf(options);
  const { default: AliOss } = await import("ali-oss");
  const sdkOptions = {
    accessKeyId: accessKeyID,
    accessKeySecret,
    // The interval keeps the SDK from printing a warning; nothing is refreshed without a function to do it.
    ...(options.securityToken === undefined || options.anonymous === true
      ? {}
      : { stsToken: options.securityToken, refreshSTSTokenInterval: 1 }),
    endpoint: SDK_ORIGIN,
    sldEnable: true,
    ...(call.bucket === "" ? {} : { bucket: call.bucket }),
    ...(call.place.region === undefined ? {} : { region: call.place.region }),
    authorizationV4: call.place.signature === "v4",
    // The SDK reads the machine's clock; this makes it sign with the time that was handed in.
    amendTimeSkewed: call.nowMs - systemClock.nowMs(),
    retryMax: 0,
    urllib: transport,
  };
  return new AliOss(sdkOptions as ConstructorParameters<typeof AliOss>[0]) as unknown as AliOssClient;
}

/** @throws InvalidInputError INVALID_CONFIG */
function keysOf(options: ObjectStorageOptions): { accessKeyID: string; accessKeySecret: string } {
  // The SDK insists on keys; those of an anonymous request sign nothing.
  if (options.anonymous === true) return { accessKeyID: "anonymous", accessKeySecret: "anonymous" };
  const { accessKeyID, accessKeySecret } = options;
  if (accessKeyID === undefined || accessKeySecret === undefined)
    throw new InvalidInputError(
      "an OSS store needs accessKeyID and accessKeySecret, or anonymous: true",
      {},
      "INVALID_CONFIG",
    );
  return { accessKeyID, accessKeySecret };
}
