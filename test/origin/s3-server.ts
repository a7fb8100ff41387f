/**
 * A test server that speaks as much of S3's REST API as a reader needs: GET and HEAD of objects, ListObjectsV2,
 * ListBuckets, errors in XML, and a signature check of its own (sigv4-check.ts).
 */
import { elementsOf, listDocument, locate, readOperation } from "./object-dialect.ts";
import { type Dialect, ObjectServer, type ObjectServerOptions, type Operation } from "./object-server.ts";
import {
  headerOf,
  type ReceivedRequest,
  type Refusal,
  refuse,
  type Secret,
  type Verdict,
} from "./received-request.ts";
import { checkSigV4 } from "./sigv4-check.ts";
import { StoredObjects } from "./stored-objects.ts";

export interface S3ServerOptions {
  /** Access key id → secret. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Default "us-east-1". */
  readonly region?: string;
  /** Buckets that live in another region than the server's. */
  readonly bucketRegions?: Readonly<Record<string, string>>;
  /** How a wrong region is told: 301 as AWS's endpoints do, or 400 as single servers do (default). */
  readonly wrongRegion?: "redirect" | "malformed";
  /** Whether the right region is told in a header too, as AWS does; else in the document alone, which a HEAD has not. */
  readonly regionHeader?: boolean;
  /** Hosts BUCKET.DOMAIN are bucket addresses; default "s3.test". */
  readonly domain?: string;
  /** The server's clock; default the machine's. */
  readonly nowMs?: () => number;
  readonly objects?: StoredObjects;
  readonly tls?: ObjectServerOptions["tls"];
}

export function startS3Server(options: S3ServerOptions): Promise<ObjectServer> {
  const objects = options.objects ?? new StoredObjects();
  const { tls } = options;
  return ObjectServer.start({ objects, dialect: s3Dialect(options), ...(tls === undefined ? {} : { tls }) });
}

function s3Dialect(options: S3ServerOptions): Dialect {
  const domain = options.domain ?? "s3.test";
  const nowMs = options.nowMs ?? (() => Date.now());
  const regionOf = (bucket: string) => options.bucketRegions?.[bucket] ?? options.region ?? "us-east-1";
  return {
    operationOf: (request) => readOperation(request, domain),
    check(request, operation) {
      const bucket = operation.kind === "buckets" ? "" : operation.bucket;
      const verdict = checkSigV4(request, {
        secretOf: (id) => options.secrets[id],
        region: regionOf(bucket),
        service: "s3",
        nowMs: nowMs(),
        contentHash: true,
      });
      return options.wrongRegion === "redirect" ? asRedirect(verdict, request, domain) : verdict;
    },
    listDocument: (bucket, operation, answer) => listDocument(bucket, operation, answer, () => ""),
    bucketsDocument: (buckets) =>
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
      "<Owner><ID>owner</ID></Owner><Buckets>" +
      buckets
        .map(
          ({ name, createdAtMs }) =>
            `<Bucket><Name>${name}</Name><CreationDate>${new Date(createdAtMs).toISOString()}</CreationDate></Bucket>`,
        )
        .join("") +
      "</Buckets></ListAllMyBucketsResult>",
    errorDocument: (refusal, requestId) =>
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error>' +
      elementsOf({
        Code: refusal.code,
        Message: refusal.message,
        ...refusal.elements,
        RequestId: requestId,
        HostId: "test",
      }) +
      "</Error>",
    commonHeaders: (requestId) => ({
      "x-amz-request-id": requestId,
      date: new Date(nowMs()).toUTCString(),
      server: "S3Test",
    }),
    errorHeaders: (refusal): Record<string, string> => {
      const region = refusal.elements?.Region;
      return region === undefined || options.regionHeader === false ? {} : { "x-amz-bucket-region": region };
    },
    objectHeaders: (object, request) => {
      const wantsChecksums = headerOf(request, "x-amz-checksum-mode") === "ENABLED";
      return Object.fromEntries(
        Object.entries(object.headers).filter(
          ([name]) => wantsChecksums || !name.startsWith("x-amz-checksum-"),
        ),
      );
    },
  };
}

/** AWS tells a wrong endpoint by a redirect, before it looks at the signature. */
function asRedirect(verdict: Verdict, request: ReceivedRequest, domain: string): Verdict {
  if (verdict.kind !== "refused" || verdict.code !== "AuthorizationHeaderMalformed") return verdict;
  return refuse(
    301,
    "PermanentRedirect",
    "The bucket you are attempting to access must be addressed using the specified endpoint.",
    { ...verdict.elements, Bucket: locate(request, domain).bucket, Endpoint: `elsewhere.${domain}` },
  );
}

export type { ObjectServer, Operation, Refusal };
