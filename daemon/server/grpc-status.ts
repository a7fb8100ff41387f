/**
 * From our errors to gRPC statuses, by the table in base/errors.ts. An origin's own answer travels as Dragonfly's
 * daemons send it (INTERNAL, with errordetails.v2.Backend as JSON in the details), so that dfget can show its HTTP
 * status; the code of ours that a status stands for travels beside it.
 */
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import type { P2pfsError } from "../../base/errors.ts";
import { encodeBackendDetails, STATUS_DETAILS_KEY } from "../../proto/backend-details.ts";

/** Metadata key under which our own error code travels to our own clients. */
export const ERROR_CODE_KEY = "p2pfs-error-code";

/** Longest message in a status, characters: it travels in a header of bounded size. */
const MESSAGE_MAX = 2048;

/** The same, but what is not there is INTERNAL: what Dragonfly's upload server says, and its clients expect, of some calls. */
export function absentAsInternal(error: P2pfsError): StatusObject {
  const told = toGrpcStatus(error);
  return error.code === "NOT_FOUND" ? { ...told, code: status.INTERNAL } : told;
}

export function toGrpcStatus(error: P2pfsError): StatusObject {
  const metadata = new Metadata();
  metadata.set(ERROR_CODE_KEY, error.code);
  const details = error.message.slice(0, MESSAGE_MAX);
  if (error.origin === undefined) return { code: error.grpcCode, details, metadata };
  const { statusCode, headers } = error.origin;
  metadata.set(STATUS_DETAILS_KEY, encodeBackendDetails({ message: details, header: headers, statusCode }));
  return { code: status.INTERNAL, details, metadata };
}
