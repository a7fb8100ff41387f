/**
 * A test server that speaks as much of Alibaba Cloud OSS's REST API as a reader needs: GET and HEAD of objects,
 * ListObjectsV2, ListBuckets, errors in XML (of HEAD in x-oss-err), and signature checks of its own for V1 and V4.
 */
import { elementsOf, listDocument, readOperation } from "./object-dialect.ts";
import { type Dialect, ObjectServer, type ObjectServerOptions, type Operation } from "./object-server.ts";
import { checkOssV1, type SignedResource } from "./oss-v1-check.ts";
import { checkOssV4 } from "./oss-v4-check.ts";
import {
  headerOf,
  parameterOf,
  type ReceivedRequest,
  type Secret,
  type Verdict,
} from "./received-request.ts";
import { StoredObjects } from "./stored-objects.ts";

export interface OssServerOptions {
  /** Access key id → secret. */
  readonly secrets: Readonly<Record<string, Secret>>;
  /** As in "cn-hangzhou", the default. */
  readonly region?: string;
  /** Hosts BUCKET.DOMAIN are bucket addresses; default "oss.test". */
  readonly domain?: string;
  /** The server's clock; default the machine's. */
  readonly nowMs?: () => number;
  readonly objects?: StoredObjects;
  readonly tls?: ObjectServerOptions["tls"];
}

export function startOssServer(options: OssServerOptions): Promise<ObjectServer> {
  const objects = options.objects ?? new StoredObjects();
  const { tls } = options;
  return ObjectServer.start({ objects, dialect: ossDialect(options), ...(tls === undefined ? {} : { tls }) });
}

function ossDialect(options: OssServerOptions): Dialect {
  const domain = options.domain ?? "oss.test";
  const nowMs = options.nowMs ?? (() => Date.now());
  return {
    operationOf: (request) => readOperation(request, domain),
    check: (request, operation) => check(request, operation, options, nowMs()),
    listDocument: (bucket, operation, answer) =>
      listDocument(bucket, operation, answer, (object) => `<Type>${object.type}</Type>`),
    bucketsDocument: (buckets) =>
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListAllMyBucketsResult><Owner><ID>1</ID><DisplayName>1</DisplayName>' +
      "</Owner><Buckets>" +
      buckets
        .map(
          ({ name, createdAtMs }) =>
            `<Bucket><CreationDate>${new Date(createdAtMs).toISOString()}</CreationDate>` +
            `<Location>oss-cn-hangzhou</Location><Name>${name}</Name></Bucket>`,
        )
        .join("") +
      "</Buckets></ListAllMyBucketsResult>",
    errorDocument: (refusal, requestId) =>
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error>' +
      elementsOf({
        Code: refusal.code,
        Message: refusal.message,
        RequestId: requestId,
        HostId: domain,
        ...refusal.elements,
        EC: "0000-00000000",
      }) +
      "</Error>",
    commonHeaders: (requestId) => ({
      "x-oss-request-id": requestId,
      "x-oss-server-time": "1",
      date: new Date(nowMs()).toUTCString(),
      server: "OSSTest",
    }),
    errorHeaders: (_refusal, document, isHead): Record<string, string> =>
      isHead
        ? { "x-oss-ec": "0000-00000000", "x-oss-err": Buffer.from(document).toString("base64") }
        : { "x-oss-ec": "0000-00000000" },
    objectHeaders: (object) => ({ "x-oss-object-type": object.type, ...object.headers }),
  };
}

function check(
  request: ReceivedRequest,
  operation: Operation,
  options: OssServerOptions,
  nowMs: number,
): Verdict {
  const resource: SignedResource = {
    bucket: operation.kind === "buckets" ? "" : operation.bucket,
    key: operation.kind === "get" || operation.kind === "head" ? operation.key : "",
  };
  const rules = { secretOf: (id: string) => options.secrets[id], resource, nowMs };
  const isV4 =
    headerOf(request, "authorization")?.startsWith("OSS4-") === true ||
    parameterOf(request, "x-oss-signature-version") !== undefined;
  return isV4
    ? checkOssV4(request, { ...rules, region: options.region ?? "cn-hangzhou" })
    : checkOssV1(request, rules);
}
