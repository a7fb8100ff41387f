/**
 * S3's REST API as far as reading goes: HEAD and GET of objects, ListObjectsV2, ListBuckets, signed with version 4. A
 * wrong region and a wrong clock are corrected once, by what the store says, and remembered.
 */
import type { Clock } from "../../../base/clock.ts";
import type { FetchResult } from "../../../base/destination.ts";
import { InvalidInputError, type P2pfsError } from "../../../base/errors.ts";
import { fromUnknown } from "../../../base/node-errors.ts";
import type { KeyPage } from "../object-store/key-pages.ts";
import type { BucketPage, ObjectStore, PageQuery } from "../object-store/object-source.ts";
import { fileStat } from "../object-store/object-stat.ts";
import { type ObjectLocation, objectUrl } from "../object-store/object-url.ts";
import { readHeaders, vendorHeaders } from "../object-store/read-headers.ts";
import { pathAt, urlAt } from "../object-store/store-address.ts";
import { remember, StoreClock } from "../object-store/store-clock.ts";
import { s3Digests } from "../object-store/store-digests.ts";
import type { StoreAnswer, StoreFault } from "../object-store/store-error.ts";
import { converse, type Outcome, type StoreCall, type StoreHttp } from "../object-store/store-http.ts";
import type { ObjectStorageOptions, SourceReadRequest, SourceRequest, SourceStat } from "../source.ts";
import { readBuckets, readKeyPage } from "./s3-documents.ts";
import { type S3Place, s3Place } from "./s3-place.ts";
import { type S3Credentials, signS3 } from "./s3-signer.ts";

/** A question, before it is known where and with what signature it will be asked. */
interface Question {
  readonly method: "GET" | "HEAD";
  readonly location: ObjectLocation;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly for: SourceRequest;
}

export class S3Store implements ObjectStore {
  readonly scheme = "s3";
  readonly #http: StoreHttp;
  readonly #clock: StoreClock;
  /** Endpoint and bucket → the region the bucket said it is in. */
  readonly #regions = new Map<string, string>();

  constructor(http: StoreHttp, clock: Clock) {
    this.#http = http;
    this.#clock = new StoreClock(clock);
  }

  async head(location: ObjectLocation, request: SourceRequest, signal: AbortSignal): Promise<SourceStat> {
    const headers = { "x-amz-checksum-mode": "ENABLED" };
    const question: Question = { method: "HEAD", location, headers, for: request };
    try {
      return await this.#head(question, signal);
    } catch (error) {
      const refused = fromUnknown(error);
      const status = refused.origin?.statusCode;
      if ((status !== 400 && status !== 403) || refused.details.code !== undefined) throw refused;
      const reason = await this.#reasonOf(refused, question, signal);
      if (reason !== undefined) throw reason;
      // The GET was told what the HEAD was not: the bucket's region. It is known now.
      return this.#head(question, signal);
    }
  }

  async page(
    bucket: string,
    query: PageQuery,
    request: SourceRequest,
    signal: AbortSignal,
  ): Promise<KeyPage> {
    const answer = await this.#ask(
      {
        method: "GET",
        location: { bucket, key: "" },
        query: {
          "list-type": "2",
          "encoding-type": "url",
          "max-keys": String(query.keysMax),
          prefix: query.prefix,
          ...(query.delimiter === "" ? {} : { delimiter: query.delimiter }),
          ...(query.token === undefined ? {} : { "continuation-token": query.token }),
        },
        for: request,
      },
      signal,
    );
    return readKeyPage(answer.body);
  }

  async buckets(token: string | undefined, request: SourceRequest, signal: AbortSignal): Promise<BucketPage> {
    const location = { bucket: "", key: "" };
    const query = token === undefined ? {} : { "continuation-token": token };
    const answer = await this.#ask({ method: "GET", location, query, for: request }, signal);
    return readBuckets(answer.body);
  }

  get(location: ObjectLocation, read: SourceReadRequest, signal: AbortSignal): Promise<FetchResult> {
    const question: Question = { method: "GET", location, headers: readHeaders(read), for: read };
    return this.#converse(question, (call) => this.#http.fetchInto(call, read, signal));
  }

  placeOf(location: ObjectLocation, request: SourceRequest): string {
    const place = this.#place(location, request);
    return urlAt(place, pathAt(place, location.key));
  }

  #ask(question: Question, signal: AbortSignal): Promise<StoreAnswer> {
    return this.#converse(question, (call) => this.#http.ask(call, signal));
  }

  #converse<T>(question: Question, send: (call: StoreCall) => Promise<Outcome<T>>): Promise<T> {
    const { location } = question;
    let place = this.#place(location, question.for);
    return converse(
      async () => {
        place = this.#place(location, question.for);
        return send(await this.#signed(question, place));
      },
      (fault) => this.#learnRegion(question, place, fault) || this.#clock.learn(place.host, fault),
      `cannot read ${objectUrl(this.scheme, location)}`,
    );
  }

  async #signed(question: Question, place: S3Place): Promise<StoreCall> {
    const { method, location } = question;
    const query = question.query ?? {};
    const path = pathAt(place, location.key);
    const headers = { ...vendorHeaders(question.for.headers, "x-amz-"), ...question.headers };
    const credentials = credentialsOf(question.for.objectStorage);
    return {
      method,
      url: urlAt(place, path, query),
      headers:
        credentials === undefined
          ? headers
          : await signS3(
              { method, secure: place.secure, host: place.host, path, query, headers },
              { credentials, region: place.region, nowMs: this.#clock.nowMs(place.host) },
            ),
      for: question.for,
    };
  }

  #place({ bucket }: ObjectLocation, request: SourceRequest): S3Place {
    const options = request.objectStorage ?? {};
    return s3Place(bucket, options, this.#regions.get(storeKey(bucket, options)));
  }

  /** @returns whether the store named another region than we asked in */
  #learnRegion({ location, for: request }: Question, place: S3Place, fault: StoreFault): boolean {
    const { region, statusCode } = fault;
    const mayTell = statusCode === 301 || statusCode === 307 || statusCode === 400 || statusCode === 403;
    if (!mayTell || region === undefined || region === place.region) return false;
    remember(this.#regions, storeKey(location.bucket, request.objectStorage ?? {}), region);
    return true;
  }

  async #head(question: Question, signal: AbortSignal): Promise<SourceStat> {
    const { location, for: request } = question;
    const { statusCode, headers } = await this.#ask(question, signal);
    const { isAws } = this.#place(location, request);
    return fileStat({ statusCode, headers }, this.placeOf(location, request), s3Digests(headers, isAws));
  }

  /**
   * S3 gives no reason with a HEAD. A refused one is asked again as a GET of one byte, whose refusal has a code.
   * @returns undefined when the GET is not refused, its ranges apart; the first refusal where this one tells no more
   */
  async #reasonOf(
    refused: P2pfsError,
    question: Question,
    signal: AbortSignal,
  ): Promise<P2pfsError | undefined> {
    try {
      await this.#ask({ ...question, method: "GET", headers: { range: "bytes=0-0" } }, signal);
      return undefined;
    } catch (error) {
      const known = fromUnknown(error);
      // An empty object has no first byte.
      if (known.origin?.statusCode === 416) return undefined;
      return known.origin !== undefined && known.details.code !== undefined ? known : refused;
    }
  }
}

function storeKey(bucket: string, options: ObjectStorageOptions): string {
  return `${options.endpoint ?? ""} ${options.region ?? ""} ${bucket}`;
}

/** undefined: sign nothing. @throws InvalidInputError INVALID_CONFIG */
function credentialsOf(options: ObjectStorageOptions = {}): S3Credentials | undefined {
  const { anonymous, accessKeyID, accessKeySecret, securityToken } = options;
  if (anonymous === true) return undefined;
  if (accessKeyID === undefined || accessKeySecret === undefined)
    throw new InvalidInputError(
      "an S3 store needs accessKeyID and accessKeySecret, or anonymous: true",
      {},
      "INVALID_CONFIG",
    );
  return { accessKeyID, accessKeySecret, ...(securityToken === undefined ? {} : { securityToken }) };
}
