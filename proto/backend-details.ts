/**
 * The source's own answer, inside a gRPC status. Dragonfly's daemons put errordetails.v2.Backend there as JSON, not as
 * protobuf and not as a google.rpc.Status (dragonflyoss/client, grpc/dfdaemon_download.rs), and dfget reads it back.
 * What arrives here was written by another program: anything else than such JSON counts as no answer.
 */

/** Metadata key of a status's details. grpc-js encodes and decodes the base64 of keys that end in "-bin". */
export const STATUS_DETAILS_KEY = "grpc-status-details-bin";

/** What a source answered when it did not give what was wanted. */
export interface BackendDetails {
  /** One sentence. */
  readonly message: string;
  /** Headers of the answer; the maker leaves credentials out. */
  readonly header: Readonly<Record<string, string>>;
  /** HTTP status, if the source speaks HTTP and answered at all. */
  readonly statusCode?: number;
}

/** The bytes for `STATUS_DETAILS_KEY`. */
export function encodeBackendDetails(details: BackendDetails): Buffer {
  const { message, header, statusCode } = details;
  return Buffer.from(JSON.stringify({ message, header, status_code: statusCode ?? null }));
}

/** What `encodeBackendDetails` or a Dragonfly daemon wrote; undefined for any other bytes. */
export function decodeBackendDetails(bytes: Uint8Array): BackendDetails | undefined {
  const json = parseJson(bytes);
  if (!isRecord(json) || typeof json.message !== "string") return undefined;
  const header = json.header ?? {};
  if (!isStringRecord(header)) return undefined;
  const statusCode = json.status_code ?? undefined;
  if (statusCode === undefined) return { message: json.message, header };
  if (!Number.isInteger(statusCode)) return undefined;
  return { message: json.message, header, statusCode: Number(statusCode) };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch {
    // Other servers put a serialised google.rpc.Status here; it is no answer of a source.
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStringRecord(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((each) => typeof each === "string");
}
